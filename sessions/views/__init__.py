"""HTTP and flow: policy, fetch, form, one act or one report, answer."""

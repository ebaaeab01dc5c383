"""Every form field of the logbook is drawn by one partial."""

from django.forms.renderers import TemplatesSetting


class OnePartial(TemplatesSetting):
    field_template_name = "parts/_field.html"

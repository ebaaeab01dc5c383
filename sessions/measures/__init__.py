"""The field's quantities, units, codes and scales. For device settings: units and digits only, never a range."""

"""What tenants upload and builders make: kept in Django's storage under names nobody guesses."""

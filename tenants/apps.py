"""Tenants, their people and the audit log."""

from __future__ import annotations

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Our people"
    default_auto_field = "django.db.models.BigAutoField"

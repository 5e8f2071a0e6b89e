"""Which pages serve which model."""

from django.contrib import admin
from django.contrib.auth.models import Group

from agents.models import Agent, Provider
from console.account_pages import AccountPages
from console.agent_pages import AgentPages
from console.delivery_pages import DeliveryPages
from console.file_pages import FilePages
from console.knowledge_pages import DocumentPages, KnowledgeBasePages
from console.provider_pages import ProviderPages
from console.secret_pages import ApiSecretPages
from console.visit_pages import VisitPages
from console.webhook_pages import WebhookPages
from files.models import File
from knowledge.models import Document, KnowledgeBase
from rtc.models import Session
from tokens.models import Account, ApiSecret
from webhooks.models import Delivery, Endpoint

PAGES = {
    Account: AccountPages,
    ApiSecret: ApiSecretPages,
    Agent: AgentPages,
    KnowledgeBase: KnowledgeBasePages,
    Document: DocumentPages,
    Provider: ProviderPages,
    Session: VisitPages,
    Endpoint: WebhookPages,
    Delivery: DeliveryPages,
    File: FilePages,
}

for model, pages in PAGES.items():
    admin.site.register(model, pages)
admin.site.unregister(Group)

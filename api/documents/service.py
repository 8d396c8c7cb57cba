"""Documents wired: intake and desk for the API, processing and tidying for the worker."""

from __future__ import annotations

from collections.abc import Callable

from api.config import ApiConfig
from api.database import Database
from api.documents.config import DocumentsConfig
from api.documents.desk import Desk
from api.documents.erasure import Erasure
from api.documents.intake import Intake
from api.documents.processing import Processing
from api.documents.tidying import Tidying
from api.documents.vault import Vault
from api.errors import Problem


class Documents:
    """Everything about documents. `close()` at the end."""

    def __init__(self, chosen: DocumentsConfig, config: ApiConfig, database: Database) -> None:
        self.vault = Vault(chosen, database, chosen.make_replicas())
        self.intake = Intake(chosen, database, self.vault)
        self.erasure = Erasure(chosen, database, self.vault, config.sign_in_seed)
        self.desk = Desk(database, self.vault, self.erasure, config.platform_key)
        self.tidying = Tidying(chosen, database, self.vault, self.erasure)
        self.processing = Processing(database, self.vault, chosen.make_scanner())

    async def close(self) -> None:
        """Let the stores' connections go."""
        await self.vault.replicas.close()


def documents_of(config: ApiConfig, database: Database) -> Documents | None:
    """None where documents are not set up."""
    return None if config.documents is None else Documents(config.documents, config, database)


def provider(documents: Documents | None) -> Callable[[], Documents]:
    """The dependency of routes; where there are no documents, whoever asks is told so."""

    def provide_documents() -> Documents:
        if documents is None:
            raise Problem("documents-off")
        return documents

    return provide_documents

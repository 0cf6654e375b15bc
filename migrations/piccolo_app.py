"""One line of migrations for all tables of both packages."""

import os

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(
    app_name="timebank",
    migrations_folder_path=os.path.join(os.path.dirname(os.path.abspath(__file__)), "versions"),
    table_classes=[],
    migration_dependencies=[],
)

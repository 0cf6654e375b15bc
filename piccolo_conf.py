"""Where Piccolo finds the engine and the tables."""

import os

from piccolo.conf.apps import AppRegistry

from timebank.database import make_engine

DB = make_engine(os.environ.get("TIMEBANK_DATABASE_URL", ""))

APP_REGISTRY = AppRegistry(apps=["migrations.piccolo_app"])

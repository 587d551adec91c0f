"""Flask with SQLAlchemy's ORM, as written in an afternoon.

No history, no notification, no precondition; the document is read and written anew by `json`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from datetime import UTC, datetime

from flask import Flask, Response, abort, jsonify, request
from sqlalchemy import DateTime, String, Text, create_engine, make_url, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Entity(DeclarativeBase):
    pass


class Config(Entity):
    __tablename__ = "configs"

    id: Mapped[int] = mapped_column(primary_key=True)
    mac_address: Mapped[str] = mapped_column(String(17), unique=True)
    device_name: Mapped[str | None] = mapped_column(String(255))
    content: Mapped[str] = mapped_column(Text)
    etag: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    def assign(self, content: dict[str, object]) -> None:
        self.content = json.dumps(content)
        self.device_name = str(content["deviceName"])
        self.etag = hashlib.sha256(self.content.encode()).hexdigest()
        self.updated_at = datetime.now(UTC)


def sessions(url: str) -> sessionmaker[Session]:
    # One connection a thread, kept open.
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=THREADS)
    Entity.metadata.create_all(engine)
    return sessionmaker(engine)


THREADS = 8
"""Threads of waitress, as many as our service has connections in a worker; 4 (its default) and 16 were not faster."""


def create_app() -> Flask:
    # Logged for each request that has to wait.
    logging.getLogger("waitress.queue").disabled = True
    app = Flask(__name__)
    opened = sessions(os.environ["DATABASE_URL"])

    def document(mac: str) -> Response:
        with opened() as session:
            config = session.scalars(select(Config).where(Config.mac_address == mac)).one_or_none()
            if config is None:
                abort(404)
            answer = Response(config.content, mimetype="application/json")
            answer.headers["Cache-Control"] = "no-cache"
            answer.set_etag(config.etag)
            return answer

    def update(config_id: int) -> Response:
        with opened() as session:
            config = session.get(Config, config_id)
            if config is None:
                abort(404)
            config.assign(request.get_json()["content"])
            session.commit()
            return jsonify(
                id=config.id,
                mac_address=config.mac_address,
                device_name=config.device_name,
                content=json.loads(config.content),
                etag=config.etag,
                updated_at=config.updated_at.isoformat(),
            )

    app.add_url_rule("/api/configs/<mac>.json", view_func=document)
    app.add_url_rule("/api/configs/<int:config_id>", view_func=update, methods=["PUT"])
    return app

"""The usual receiver: Flask behind gunicorn. It makes the same checks as Lintel's and inserts before it answers."""

import hashlib
import hmac
import json
import os
import sqlite3
import threading
import time

from flask import Flask, request

SECRET = os.environ["RECEIVER_SECRET"].encode()
FILE = os.environ["RECEIVER_FILE"]
TOLERANCE = 300

app = Flask(__name__)
local = threading.local()


def database():
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(FILE, timeout=30, isolation_level=None)
        local.connection.execute("PRAGMA journal_mode = WAL")
        local.connection.execute("PRAGMA synchronous = NORMAL")
        local.connection.execute(
            "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, name TEXT, received REAL, body BLOB)"
        )
    return local.connection


@app.post("/webhooks/crews")
def receive():
    body = request.get_data()
    stamp = request.headers.get("api-timestamp", "")
    expected = hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("api-signature", "")):
        return "refused", 401
    if abs(time.time() - int(stamp)) > TOLERANCE:
        return "refused", 401
    event = json.loads(body)
    digest = hashlib.sha256(body).hexdigest()
    database().execute(
        "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", (digest, event["event"], time.time(), body)
    )
    return "accepted", 200

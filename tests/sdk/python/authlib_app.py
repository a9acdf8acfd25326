"""A Flask application on Authlib's client, as its documentation has it."""

import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session, url_for

app = Flask(__name__)
app.secret_key = "a long, randomly-generated string"
oauth = OAuth(app)
oauth.register(
    "provider",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + ".well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return oauth.provider.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.provider.authorize_access_token()
    session["refresh_token"] = token["refresh_token"]
    session["access_token"] = token["access_token"]
    session["user"] = token["userinfo"]
    return redirect("/user")


@app.get("/user")
def user():
    return jsonify(session.get("user"))


@app.get("/userinfo")
def userinfo():
    return jsonify(oauth.provider.userinfo(token={"access_token": session["access_token"], "token_type": "Bearer"}))


@app.get("/refresh")
def refresh():
    """Refreshes twice, so that the rotated token has to work."""
    tokens = [session["refresh_token"]]
    for _ in range(2):
        tokens.append(
            oauth.provider.fetch_access_token(grant_type="refresh_token", refresh_token=tokens[-1])["refresh_token"]
        )
    session["refresh_token"] = tokens[-1]
    return jsonify(tokens)


@app.get("/favicon.ico")
def icon():
    """Browsers ask for one."""
    return "", 204


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))

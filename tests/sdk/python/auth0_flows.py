"""What a program does with auth0-python: the flow that the first argument names, with its outcome as JSON."""

import json
import os
import sys
import time

from auth0.authentication import Database, GetToken, RevokeToken, Users
from auth0.authentication.exceptions import Auth0Error
from auth0.management import ManagementClient
from auth0.management.errors import NotFoundError

DOMAIN = os.environ["DOMAIN"]
CLIENT = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
CONNECTION = "Username-Password-Authentication"
# Far longer than an import of two rows takes.
PATIENCE_SECONDS = 15


def users():
    management = ManagementClient(domain=DOMAIN, **CLIENT)
    created = management.users.create(connection=CONNECTION, email="bea@example.com", password="Nine-bridges-7")
    management.users.update(created.user_id, user_metadata={"bridges": 7})
    read = management.users.get(created.user_id)
    listed = [user.user_id for user in management.users.list(per_page=1)]
    found = management.users.list_users_by_email(email="bea@example.com")
    management.users.delete(created.user_id)
    return {
        "created": created.user_id,
        "metadata": read.user_metadata,
        "listed": listed,
        "found": [user.user_id for user in found],
        "deleted": is_gone(management, created.user_id),
    }


def is_gone(management, user_id):
    try:
        management.users.get(user_id)
    except NotFoundError:
        return True
    return False


def jobs(connection_id):
    management = ManagementClient(domain=DOMAIN, **CLIENT)
    rows = json.dumps([{"email": "fay@example.com"}, {"email": "nobody"}]).encode()
    job = management.jobs.users_imports.create(users=("users.json", rows), connection_id=connection_id, upsert=False)
    done = finished(management, job.id)
    refused = management.jobs.errors.get(job.id)
    return {"summary": done.summary.model_dump(), "refused": [row.errors[0].code for row in refused]}


def finished(management, job_id):
    end = time.monotonic() + PATIENCE_SECONDS
    while (job := management.jobs.get(job_id)).status in ("pending", "processing"):
        if time.monotonic() > end:
            raise TimeoutError(f"the job is still {job.status}")
        time.sleep(0.1)
    return job


def clients():
    management = ManagementClient(domain=DOMAIN, **CLIENT)
    created = management.clients.create(name="Bridge Watch", app_type="spa")
    management.clients.update(created.client_id, callbacks=["https://app.example/"])
    read = management.clients.get(created.client_id)
    management.clients.delete(created.client_id)
    return {"name": read.name, "callbacks": read.callbacks}


def client_credentials(audience):
    return GetToken(DOMAIN, **CLIENT).client_credentials(audience)


def authorization_code(code, redirect_uri):
    tokens = GetToken(DOMAIN, **CLIENT).authorization_code(code, redirect_uri)
    return {"tokens": tokens, "user": Users(DOMAIN).userinfo(tokens["access_token"])}


def refresh_token(token):
    return GetToken(DOMAIN, **CLIENT).refresh_token(token)


def revoke(token):
    RevokeToken(DOMAIN, **CLIENT).revoke_refresh_token(token)


def change_password(email):
    return Database(DOMAIN, CLIENT["client_id"]).change_password(email=email, connection=CONNECTION)


def tickets(user_id):
    management = ManagementClient(domain=DOMAIN, **CLIENT)
    verification = management.tickets.verify_email(user_id=user_id)
    return [verification.ticket, management.tickets.change_password(user_id=user_id).ticket]


FLOWS = {
    flow.__name__: flow
    for flow in (
        users,
        jobs,
        clients,
        client_credentials,
        authorization_code,
        refresh_token,
        revoke,
        change_password,
        tickets,
    )
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    try:
        print(json.dumps(FLOWS[name](*arguments)))
    except Auth0Error as refusal:
        print(json.dumps({"error": refusal.error_code}))

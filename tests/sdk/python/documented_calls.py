"""Schemathesis on every documented operation of a running broker.

Values that a schema cannot know (ids, names, secrets) are those of things that are there: whatever an answer shows is
kept, and put into later calls. Calls that would end the world for all that follow, because they are about the client
that makes them, are made about nobody.

Prints how many calls were made, by status, as JSON; what Schemathesis says goes to standard error.
"""

import collections
import json
import os
import random
import sys
import tempfile

import requests
import schemathesis
from schemathesis.cli import schemathesis as command_line

ISSUER = os.environ["ISSUER"]
MANAGER = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
API = f"{ISSUER}api/v2/"
PASSWORD = "Nine-bridges-7"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
# How many things of a kind are remembered.
MOST = 30
# Where an id is not called one.
ID_OF = {"users": "user_id", "clients": "client_id"}

choose = random.Random(int(os.environ["SEED"]))
statuses = collections.Counter()


class World:
    """What is there, as far as answers have told, and the tokens to ask with."""

    def __init__(self):
        self.known = collections.defaultdict(lambda: collections.deque(maxlen=MOST))
        self.renew()
        self.protected = set(MANAGER.values())
        for api in self.management("GET", "resource-servers"):
            self.protected.update([api["id"], api["identifier"]])
        for grant in self.management("GET", f"client-grants?client_id={MANAGER['client_id']}"):
            self.protected.add(grant["id"])
        self.connection = self.management("POST", "connections", {"name": "people", "strategy": "auth0"})
        self.application = self.management(
            "POST",
            "clients",
            {
                "name": "Bridge Watch",
                "callbacks": ["https://app.example/callback"],
                "grant_types": ["authorization_code", "refresh_token", "client_credentials", "password"],
            },
        )
        # Its tokens are asked for by password, so it has to stay.
        self.protected.update([self.application["client_id"], self.connection["id"]])
        self.management("PATCH", f"connections/{self.connection['id']}", {"enabled_clients": [self.client_id]})
        self.people = 0
        self.meet()

    @property
    def client_id(self):
        return self.application["client_id"]

    def renew(self):
        """A token whose key was revoked is not one any more."""
        form = {"grant_type": "client_credentials", "audience": API, **MANAGER}
        self.token = requests.post(f"{ISSUER}oauth/token", data=form).json()["access_token"]

    def meet(self):
        """Somebody new, who is signed in."""
        self.people += 1
        email = f"person-{self.people}@example.com"
        person = {"connection": "people", "email": email, "password": PASSWORD, "email_verified": True}
        self.learn("users", self.management("POST", "users", person))
        form = {
            "grant_type": "http://auth0.com/oauth/grant-type/password-realm",
            "realm": "people",
            "username": email,
            "password": PASSWORD,
            "scope": "openid profile email offline_access",
            "client_id": self.client_id,
            "client_secret": self.application["client_secret"],
        }
        self.tokens = requests.post(f"{ISSUER}oauth/token", data=form).json()

    def management(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}"}
        answer = requests.request(method, API + path, headers=headers, json=body)
        answer.raise_for_status()
        return answer.json()

    def learn(self, kind, shown):
        """Remembers the ids in an answer: those of its kind, and of whom it speaks."""
        if isinstance(shown, dict):
            shown = next((value for value in shown.values() if isinstance(value, list)), None) or [shown]
        for one in shown if isinstance(shown, list) else []:
            if isinstance(one, dict):
                self.learn_ids(kind, {name: value for name, value in one.items() if isinstance(value, str)})

    def learn_ids(self, kind, texts):
        for name in ("user_id", "client_id"):
            if name in texts:
                self.known[name].append(texts[name])
        for name in (ID_OF.get(kind), "kid", "log_id", "id"):
            if name in texts:
                self.known[kind].append(texts[name])

    def one(self, kind):
        """One of them that anything may happen to."""
        free = [value for value in self.known[kind] if value not in self.protected]
        return choose.choice(free) if free else None

    def value(self, field):
        """What a field of this name could hold."""
        fixed = {
            "client_id": self.client_id,
            "client_secret": self.application["client_secret"],
            "connection": "people",
            "connection_id": self.connection["id"],
            "realm": "people",
            "username": f"person-{self.people}@example.com",
            "email": f"person-{self.people}@example.com",
            "password": PASSWORD,
            "audience": API,
            "redirect_uri": "https://app.example/callback",
            "refresh_token": self.tokens.get("refresh_token"),
            "token": self.tokens.get("refresh_token"),
        }
        return fixed.get(field) or self.one(field)


world = None


def kind_of(path, parameter=None):
    """The things that an operation is about: the word before the parameter, or the last one."""
    words = path.removeprefix("/api/v2/").split("/")
    if words[0] == "jobs":
        return "jobs"
    if parameter is not None:
        return words[words.index(f"{{{parameter}}}") - 1]
    return [word for word in words if not word.startswith("{")][-1]


@schemathesis.hook
def before_call(ctx, case, kwargs):
    path = case.operation.path
    for name, value in dict(case.path_parameters or {}).items():
        known = world.one(kind_of(path, name))
        if known is not None and choose.random() < 0.8:
            case.path_parameters[name] = known
        elif value in world.protected and case.method != "GET":
            case.path_parameters[name] = "nobody"
    for part in (case.query, case.body):
        for field in list(part) if isinstance(part, dict) else ():
            value = world.value(field)
            if value is not None and isinstance(part[field], str) and choose.random() < 0.5:
                part[field] = value
    token = world.token if path.startswith("/api/v2/") else world.tokens.get("access_token")
    if path.startswith("/api/v2/") or path == "/userinfo":
        case.headers["authorization"] = f"Bearer {token}"


@schemathesis.hook
def after_call(ctx, case, response):
    path = case.operation.path
    statuses[response.status_code] += 1
    if path.startswith("/api/v2/"):
        if response.status_code == 401 or path.endswith("/revoke") and "/keys/" in path:
            world.renew()
        elif response.status_code in (200, 201, 202) and response.content:
            world.learn(kind_of(path), json.loads(response.content))
    elif path == "/userinfo" and response.status_code == 401:
        world.meet()


def main():
    global world
    said = os.dup(1)
    os.dup2(2, 1)
    world = World()
    calls_each = os.environ["CALLS_OF_EACH"]
    arguments = ["run", os.environ["DOCUMENT"], "--url", ISSUER.removesuffix("/"), "--checks", ",".join(CHECKS)]
    arguments += ["--phases", os.environ["PHASES"], "--max-examples", calls_each, "--seed", os.environ["SEED"]]
    arguments += ["--max-redirects", "0", "--continue-on-failure", "--suppress-health-check", "all"]
    arguments += ["--warnings", "off", "--no-color", "--generation-database", "none"]
    with tempfile.TemporaryDirectory() as folder:
        # It leaves files where it runs.
        os.chdir(folder)
        try:
            command_line(arguments)
        except SystemExit as end:
            exit_code = end.code
        os.chdir("/")
    sys.stdout.flush()
    told = {"exit_code": exit_code, "calls": statuses.total(), "by_status": dict(sorted(statuses.items()))}
    os.write(said, json.dumps(told).encode())


main()

"""Who asks, and what they may do: users, organizations, and tokens with their roles."""

import base64
from dataclasses import dataclass, field
from typing import Literal

from tests.hub.messages import Refusal

INVALID_CREDENTIALS = "Invalid credentials in Authorization header"
# A user's organizations, with the role in each.
ORGANIZATIONS = {"alice": {"reel-team": "write"}, "bob": {"reel-team": "read"}}


@dataclass(frozen=True)
class Token:
    """An access token; `scopes` maps a user, an organization or a repo to permissions."""

    user: str
    role: Literal["read", "write", "fineGrained"]
    scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    expired: bool = False

    def may(self, permission: str, kind: str, repo_id: str) -> bool:
        """Whether a fine-grained token was given a permission for a repo or its owner."""
        for name in (repo_id.partition("/")[0], f"{kind}/{repo_id}"):
            if permission in self.scopes.get(name, ()):
                return True
        return False


def seeded_tokens() -> dict[str, Token]:
    """The tokens that every test finds."""
    both = ("repo.content.read", "repo.write")
    return {
        "hf_test_write_alice": Token("alice", "write"),
        "hf_test_read_alice": Token("alice", "read"),
        "hf_test_fine_alice": Token("alice", "fineGrained", {"alice": both, "reel-team": both}),
        "hf_test_fine_read_alice": Token("alice", "fineGrained", {"alice": ("repo.content.read",)}),
        "hf_test_expired_alice": Token("alice", "write", expired=True),
        "hf_test_write_bob": Token("bob", "write"),
    }


def find_token(tokens: dict[str, Token], headers: dict[str, str]) -> Token | None:
    """Read the Authorization header; git sends the token as a password."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        secret = base64.b64decode(secret).decode().partition(":")[2]
    if not secret:
        return None
    token = tokens.get(secret)
    refused = {"X-Error-Message": INVALID_CREDENTIALS}
    if token is None:
        raise Refusal(401, INVALID_CREDENTIALS)
    if token.expired:
        raise Refusal(401, f'User Access Token "{secret[3:]}" is expired', **refused)
    return token


def belongs_to(token: Token | None, namespace: str, *roles: str) -> bool:
    """Whether a token's user owns a namespace, or has one of these roles in the organization."""
    if token is None:
        return False
    return token.user == namespace or ORGANIZATIONS.get(token.user, {}).get(namespace) in roles


def may_read(token: Token | None, kind: str, repo_id: str) -> bool:
    """Whether a private repo is there for a token."""
    namespace = repo_id.partition("/")[0]
    if token is None or not belongs_to(token, namespace, "read", "write", "admin"):
        return False
    return token.role != "fineGrained" or token.may("repo.content.read", kind, repo_id)


def check_write(token: Token | None, kind: str, repo_id: str, refused: str) -> None:
    """Refuse a write to who has no right; `refused` is what they are told."""
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    namespace = repo_id.partition("/")[0]
    if token.role == "read" or not belongs_to(token, namespace, "write", "admin"):
        raise Refusal(403, refused)
    if token.role == "fineGrained" and not token.may("repo.write", kind, repo_id):
        raise Refusal(403, f"{refused}. This token lacks the permission repo.write")


def describe(token: Token) -> dict[str, object]:
    """What whoami-v2 says."""
    scoped = [
        {"entity": {"type": "user", "name": name}, "permissions": list(permissions)}
        for name, permissions in token.scopes.items()
    ]
    access = {
        "displayName": f"test-{token.role}",
        "role": token.role,
        "createdAt": "2026-01-01T00:00:00.000Z",
    }
    if token.role == "fineGrained":
        access["fineGrained"] = {"canReadGatedRepos": True, "global": [], "scoped": scoped}
    organizations = ORGANIZATIONS.get(token.user, {})
    return {
        "type": "user",
        "id": f"id-of-{token.user}",
        "name": token.user,
        "fullname": token.user.title(),
        "email": f"{token.user}@example.com",
        "emailVerified": True,
        "isPro": False,
        "canPay": False,
        "orgs": [
            {"type": "org", "name": name, "fullname": name, "roleInOrg": role}
            for name, role in organizations.items()
        ],
        "auth": {"type": "access_token", "accessToken": access},
    }

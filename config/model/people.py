"""Who sells: users, and what the CRM sorts them into."""

from __future__ import annotations

from config.model.fields import BOOLEAN, ID, INSTANT, TEXT, model_object

PEOPLE = (
    model_object(
        "user",
        "a login that can own records; `record_id` is the CRM record that carries its fields",
        record_id=ID,
        name=TEXT,
        email=TEXT,
        active=BOOLEAN,
        team=TEXT,
        role=TEXT,
        role_id=ID,
        manager_id=ID,
        time_zone=TEXT,
        currency=TEXT,
        created_at=INSTANT,
    ),
    model_object("role", "a place in the CRM's role hierarchy", name=TEXT, parent_id=ID),
    model_object("team", "a team of users that the CRM keeps", name=TEXT),
    model_object(
        "team_member",
        "a user in a team; `main` where it is the user's own team rather than a further one",
        team_id=ID,
        user_id=ID,
        main=BOOLEAN,
    ),
)

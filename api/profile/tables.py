"""What a person tells of himself. Neither table has a row before the person writes one.

`app.profile`: name and e-mail address. Mail goes to `email` only once `email_confirmed_at` is set.

`app.preference`: how things are shown and told. `language` (BCP 47), `time_zone` (IANA) and
`number_format` (how 1234.56 is written) have defaults. `notifications` is an object of topics;
each is an object of channels (`app`, `email`, `webhook`) to true or false. What is not in it is on:
`{"payment": {"email": false}}` switches off mail about payments and nothing else.

The person reads and writes own rows; a worker's transaction (`Database.worker`) reads all.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from api.metadata import metadata, moment

profile = sa.Table(
    "profile",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True, comment="as in a token's sub"),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("email_confirmed_at", sa.TIMESTAMP(timezone=True)),
    moment("changed_at", default=True),
    comment="Who a person says to be; nothing of it is verified but the e-mail address.",
)

preference = sa.Table(
    "preference",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True, comment="as in a token's sub"),
    sa.Column("language", sa.Text, nullable=False, server_default="en", comment="BCP 47"),
    sa.Column("time_zone", sa.Text, nullable=False, server_default="UTC", comment="IANA"),
    sa.Column(
        "number_format",
        sa.Text,
        nullable=False,
        server_default="1,234.56",
        comment="how 1234.56 is written",
    ),
    sa.Column(
        "notifications",
        JSONB,
        nullable=False,
        server_default=sa.text("'{}'::jsonb"),
        comment="topic to channel to whether it is wanted; what is missing is on",
    ),
    moment("changed_at", default=True),
    comment="How a person wants things shown, and what to be told of.",
)

"""What the driver and the server say, as errors of ours."""

import pytest

from graph.errors import ConfigError, StoreConflict, StoreUnavailable
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.bolt import neo4j
from graph.stores.neo4j.drivers import translated

TARGET = target_of("bolt://neo4j:sesame@graph:7687")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Neo.TransientError.Transaction.DeadlockDetected", StoreConflict),
        ("Neo.TransientError.Database.DatabaseUnavailable", StoreUnavailable),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", StoreUnavailable),
        ("Neo.ClientError.Schema.ConstraintValidationFailed", StoreConflict),
        ("Neo.ClientError.Transaction.TransactionTimedOut", StoreUnavailable),
        ("Neo.ClientError.Security.Unauthorized", ConfigError),
        ("Neo.ClientError.Security.Forbidden", ConfigError),
        ("Neo.ClientError.Database.DatabaseNotFound", ConfigError),
    ],
)
def test_what_the_server_says_becomes_an_error_with_a_next_step(code, expected):
    with pytest.raises(expected) as caught, translated(TARGET):
        raise neo4j.exceptions.Neo4jError._hydrate_neo4j(code=code, message="something")
    assert "bolt://graph:7687" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_lost_connection_is_unavailable():
    with pytest.raises(StoreUnavailable, match="is the server up"), translated(TARGET):
        raise neo4j.exceptions.ServiceUnavailable("Failed to read from defunct connection")


def test_a_mistake_in_a_query_is_ours_and_not_hidden():
    with pytest.raises(neo4j.exceptions.CypherSyntaxError), translated(TARGET):
        raise neo4j.exceptions.Neo4jError._hydrate_neo4j(
            code="Neo.ClientError.Statement.SyntaxError", message="Invalid input"
        )

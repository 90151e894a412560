// name: find_once
MATCH (n:Once {token: $token}) RETURN n.said, n.result;

// name: put_once
CREATE (:Once {token: $token, said: $said, result: $result, at: $at});

// name: trim_once
MATCH (n:Once) WHERE n.at < $before WITH n LIMIT 1000 DELETE n;

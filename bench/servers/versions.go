package servers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/redis/go-redis/v9"
)

// readVersions asks every server who it is.
func (s *Servers) readVersions(ctx context.Context, graph, cache string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var versions []string
	for _, server := range []struct {
		name string
		ask  func() (string, error)
	}{
		{"Postgres", func() (string, error) { return postgresVersion(ctx, s.postgres) }},
		{"Milvus", func() (string, error) { return s.milvus.GetVersion(ctx) }},
		{"Neo4j", func() (string, error) { return neo4jVersion(ctx, graph) }},
		{"Redis", func() (string, error) { return redisVersion(ctx, cache) }},
	} {
		version, err := server.ask()
		if err != nil {
			return "", fmt.Errorf("ask %s for its version: %w", server.name, err)
		}
		versions = append(versions, server.name+" "+strings.TrimSpace(version))
	}
	return strings.Join(versions, ", "), nil
}

func postgresVersion(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var version string
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

func neo4jVersion(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("PIKA_TEST_NEO4J_URL is no URL")
	}
	password, _ := u.User.Password()
	driver, err := neo4j.NewDriverWithContext(u.Scheme+"://"+u.Host, neo4j.BasicAuth(u.User.Username(), password, ""))
	if err != nil {
		return "", err
	}
	defer driver.Close(ctx)
	answer, err := neo4j.ExecuteQuery(ctx, driver, "CALL dbms.components() YIELD versions RETURN versions[0] AS version", nil, neo4j.EagerResultTransformer)
	if err != nil || len(answer.Records) == 0 {
		return "", errors.Join(err, ctx.Err())
	}
	version, _, err := neo4j.GetRecordValue[string](answer.Records[0], "version")
	return version, err
}

func redisVersion(ctx context.Context, address string) (string, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return "", errors.New("PIKA_TEST_REDIS_URL is no URL")
	}
	client := redis.NewClient(options)
	defer client.Close()
	info, err := client.InfoMap(ctx, "server").Result()
	return info["Server"]["redis_version"], err
}

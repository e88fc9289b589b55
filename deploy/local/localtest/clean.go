package localtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/redis/go-redis/v9"
)

// Clean empties every server: no data and no schema is left. All of them must run, and
// no pika may work on them.
func (s *Set) Clean(ctx context.Context) error {
	for name, clean := range map[Name]func(context.Context) error{
		Postgres: s.cleanPostgres, Redis: s.cleanRedis, Milvus: s.cleanMilvus, Neo4j: s.cleanNeo4j,
	} {
		if err := clean(ctx); err != nil {
			return fmt.Errorf("empty %s: %w", name, err)
		}
	}
	return nil
}

// cleanPostgres drops pika's database and makes it anew, as the script makes it.
func (s *Set) cleanPostgres(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.AdminURL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range []string{"DROP DATABASE IF EXISTS pika WITH (FORCE)", "CREATE DATABASE pika OWNER pika"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) cleanRedis(ctx context.Context) error {
	return s.Redis(func(c *redis.Client) error { return c.FlushAll(ctx).Err() })
}

// Redis calls do with a client of the cache's server.
func (s *Set) Redis(do func(c *redis.Client) error) error {
	options, err := redis.ParseURL(s.URL(Redis))
	if err != nil {
		return err
	}
	c := redis.NewClient(options)
	return errors.Join(do(c), c.Close())
}

func (s *Set) cleanMilvus(ctx context.Context) error {
	c, err := client.NewClient(ctx, client.Config{Address: strings.TrimPrefix(s.URL(Milvus), "milvus://")})
	if err != nil {
		return err
	}
	collections, err := c.ListCollections(ctx)
	for _, collection := range collections {
		err = errors.Join(err, dropCollection(ctx, c.(*client.GrpcClient), collection.Name))
	}
	return errors.Join(err, c.Close())
}

// dropCollection drops a collection, its aliases first: the server keeps one that has any.
func dropCollection(ctx context.Context, c *client.GrpcClient, name string) error {
	described, err := c.Service.DescribeCollection(ctx, &milvuspb.DescribeCollectionRequest{CollectionName: name})
	if err != nil {
		return err
	}
	for _, alias := range described.GetAliases() {
		if err := c.DropAlias(ctx, alias); err != nil {
			return err
		}
	}
	return c.DropCollection(ctx, name)
}

// cleanNeo4j removes nodes, edges, constraints and indexes.
func (s *Set) cleanNeo4j(ctx context.Context) error {
	if _, err := s.Cypher(ctx, "MATCH (n) DETACH DELETE n", nil); err != nil {
		return err
	}
	for list, drop := range map[string]string{
		"SHOW CONSTRAINTS YIELD name": "DROP CONSTRAINT `%s` IF EXISTS",
		// Those for looking up labels come with the database.
		"SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name": "DROP INDEX `%s` IF EXISTS",
	} {
		rows, err := s.Cypher(ctx, list, nil)
		if err != nil {
			return err
		}
		for _, row := range rows {
			name, _ := row["name"].(string)
			if _, err := s.Cypher(ctx, fmt.Sprintf(drop, name), nil); err != nil && !strings.Contains(err.Error(), "belongs to constraint") {
				return err
			}
		}
	}
	return nil
}

// Cypher runs a statement on the graph's server and returns its rows by column.
func (s *Set) Cypher(ctx context.Context, statement string, parameters map[string]any) ([]map[string]any, error) {
	u, err := url.Parse(s.URL(Neo4j))
	if err != nil {
		return nil, errors.New("the script prints a URL of Neo4j that is none")
	}
	password, _ := u.User.Password()
	driver, err := neo4j.NewDriverWithContext("neo4j://"+u.Host, neo4j.BasicAuth(u.User.Username(), password, ""))
	if err != nil {
		return nil, err
	}
	defer driver.Close(ctx)
	result, err := neo4j.ExecuteQuery(ctx, driver, statement, parameters, neo4j.EagerResultTransformer)
	if err != nil {
		return nil, err
	}
	rows := make([]map[string]any, len(result.Records))
	for i, r := range result.Records {
		rows[i] = r.AsMap()
	}
	return rows, nil
}

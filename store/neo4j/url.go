package neo4j

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pikamem/pika/parameter"
)

// schemes are those of the driver.
var schemes = []string{"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"}

// shape is what an address must look like, for messages.
const shape = "must be neo4j://[user:password@]host[:7687][/database][?pool_size=50&…], or the same with neo4j+s, neo4j+ssc, bolt, bolt+s or bolt+ssc"

// ParseURL reads neo4j://user:password@host:7687/database?parameter=value&…, with any
// of the driver's schemes. The parameters are pool_size and connect_timeout,
// read_timeout, write_timeout and setup_timeout (as in 300ms); unknown ones are
// Invalid. The errors name PIKA_GRAPH and never repeat the URL, which may hold a password.
func ParseURL(s string) (Config, error) {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" || u.Fragment != "" {
		return Config{}, invalid(shape)
	}
	c := Config{URL: (&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), Database: strings.Trim(u.Path, "/")}
	if strings.Contains(c.Database, "/") {
		return Config{}, invalid("names a database with a slash; it must be one name")
	}
	c.User = u.User.Username()
	c.Password, _ = u.User.Password()
	if err := parameter.Read(u.RawQuery, c.settings()); err != nil {
		return Config{}, invalid("%s", err)
	}
	return c, c.withDefaults().validate()
}

// checkURL refuses an address that the driver would read otherwise than meant: it
// takes parameters of a URL for the routing of a cluster.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Hostname() == "" {
		return invalid(shape)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return invalid("must be read by ParseURL: its URL may hold no credentials, database or parameters")
	}
	return nil
}

// settings are the parameters of the URL.
func (c *Config) settings() map[string]parameter.Set {
	return map[string]parameter.Set{
		"pool_size":       parameter.Number(&c.PoolSize),
		"connect_timeout": parameter.Duration(&c.ConnectTimeout),
		"read_timeout":    parameter.Duration(&c.ReadTimeout),
		"write_timeout":   parameter.Duration(&c.WriteTimeout),
		"setup_timeout":   parameter.Duration(&c.SetupTimeout),
	}
}

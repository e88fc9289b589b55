package neo4j

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
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
	if err := c.readParameters(u.RawQuery); err != nil {
		return Config{}, err
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
var settings = map[string]func(c *Config, name, value string) error{
	"pool_size":       func(c *Config, n, v string) error { return setNumber(&c.PoolSize, n, v) },
	"connect_timeout": func(c *Config, n, v string) error { return setDuration(&c.ConnectTimeout, n, v) },
	"read_timeout":    func(c *Config, n, v string) error { return setDuration(&c.ReadTimeout, n, v) },
	"write_timeout":   func(c *Config, n, v string) error { return setDuration(&c.WriteTimeout, n, v) },
	"setup_timeout":   func(c *Config, n, v string) error { return setDuration(&c.SetupTimeout, n, v) },
}

func (c *Config) readParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalid("has parameters that are not of the form name=value&name=value")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, ok := settings[name]
		switch {
		case !ok:
			return invalid("has a parameter that is not known; allowed are %s", strings.Join(slices.Sorted(maps.Keys(settings)), ", "))
		case len(values[name]) > 1:
			return invalid("has %s %d times; once is allowed", name, len(values[name]))
		}
		if err := set(c, name, values.Get(name)); err != nil {
			return err
		}
	}
	return nil
}

func setNumber(target *int, name, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return invalid("has a %s that is no whole number of at least 1", name)
	}
	*target = n
	return nil
}

func setDuration(target *time.Duration, name, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return invalid("has a %s that is no duration above 0, as in 300ms or 5s", name)
	}
	*target = d
	return nil
}

package milvus

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// defaultPort is where a Milvus server listens.
const defaultPort = "19530"

// ParseURL reads milvus://[user:password@]host[:19530]/[database][?parameter=value&…].
// Without ?index= the index is HNSW; the parameters of an index stand beside it:
//
//	milvus://127.0.0.1:19530/pika?index=hnsw&m=32&ef_construction=200&ef=128
//
// The other parameters are prefix, partitions, connections, tls (true or false),
// search_timeout, write_timeout and setup_timeout (as in 800ms). Unknown ones, those
// of another index and values that are not allowed are Invalid, and the error says
// what is allowed. It never repeats the URL, which may hold a password.
func ParseURL(s string) (Config, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "milvus" || u.Hostname() == "" || u.Fragment != "" || u.Opaque != "" {
		return Config{}, pika.InvalidField("url", "must be milvus://[user:password@]host:19530/[database][?index=hnsw&…]")
	}
	c := Config{Address: u.Host, Database: strings.Trim(u.Path, "/")}
	if u.Port() == "" {
		c.Address = strings.TrimSuffix(u.Host, ":") + ":" + defaultPort
	}
	if strings.Contains(c.Database, "/") {
		return Config{}, pika.InvalidField("url", "names a database with a slash; it must be one name")
	}
	c.Username = u.User.Username()
	c.Password, _ = u.User.Password()
	if err := c.readParameters(u.RawQuery); err != nil {
		return Config{}, err
	}
	return c, c.withDefaults().validate()
}

func (c *Config) readParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return pika.InvalidField("url", "has parameters that are not of the form name=value&name=value")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			return pika.InvalidField(name, "is given %d times; once is allowed", len(values[name]))
		}
		if err := c.set(name, values.Get(name)); err != nil {
			return err
		}
	}
	if c.Index.Kind == "" {
		c.Index.Kind = HNSW
	}
	return c.checkNames(values)
}

// settings are the parameters of the URL that are not the index's.
var settings = map[string]func(c *Config, name, value string) error{
	"index":          func(c *Config, _, v string) error { c.Index.Kind = IndexKind(v); return nil },
	"prefix":         func(c *Config, _, v string) error { c.Prefix = v; return nil },
	"partitions":     func(c *Config, n, v string) error { return setNumber(&c.Partitions, n, v) },
	"connections":    func(c *Config, n, v string) error { return setNumber(&c.Connections, n, v) },
	"tls":            func(c *Config, n, v string) error { return setBool(&c.TLS, n, v) },
	"search_timeout": func(c *Config, n, v string) error { return setDuration(&c.SearchTimeout, n, v) },
	"write_timeout":  func(c *Config, n, v string) error { return setDuration(&c.WriteTimeout, n, v) },
	"list_timeout":   func(c *Config, n, v string) error { return setDuration(&c.ListTimeout, n, v) },
	"setup_timeout":  func(c *Config, n, v string) error { return setDuration(&c.SetupTimeout, n, v) },
}

func (c *Config) set(name, value string) error {
	if set, ok := settings[name]; ok {
		if value == "" {
			return pika.InvalidField(name, "is empty; leave it out to have its default")
		}
		return set(c, name, value)
	}
	if c.Index.Parameters == nil {
		c.Index.Parameters = map[string]string{}
	}
	c.Index.Parameters[name] = value
	return nil
}

// checkNames refuses parameters that are neither settings nor the index's.
func (c *Config) checkNames(values url.Values) error {
	k, ok := kinds[c.Index.Kind]
	if !ok {
		return c.Index.validate()
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, mine := settings[name]
		if _, its := k.parameter(name); !mine && !its {
			return pika.InvalidField(name, "is no parameter; allowed are %s, and for the index %s: %s",
				strings.Join(slices.Sorted(maps.Keys(settings)), ", "), c.Index.Kind, k.names())
		}
	}
	return nil
}

func setNumber(target *int, name, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return pika.InvalidField(name, "must be a whole number of at least 1")
	}
	*target = n
	return nil
}

func setBool(target *bool, name, value string) error {
	if value != "true" && value != "false" {
		return pika.InvalidField(name, "must be true or false")
	}
	*target = value == "true"
	return nil
}

func setDuration(target *time.Duration, name, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return pika.InvalidField(name, "must be a duration above 0, as in 800ms or 5s")
	}
	*target = d
	return nil
}

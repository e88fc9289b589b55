package redis

import (
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultPort = "6379"

// shape is what an address must look like, for messages.
const shape = "must be redis://[[user]:password@]host[:6379][/database][?prefix=pika:&…], rediss://… for TLS, or redis+cluster://host:6379,host:6379 for a cluster"

// ParseURL reads redis://user:password@host:6379/database?parameter=value&…, the same
// with rediss for TLS, or redis+cluster with one or more hosts, separated by commas. The
// parameters are prefix, pool_size, tls (true or false), and dial_timeout, read_timeout,
// write_timeout and pool_timeout (as in 50ms); unknown ones are Invalid. The errors
// name PIKA_CACHE and never repeat the URL, which may hold a password.
func ParseURL(s string) (Config, error) {
	one, hosts := splitHosts(s)
	u, err := url.Parse(one)
	if err != nil || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" {
		return Config{}, invalid(shape)
	}
	var c Config
	switch u.Scheme {
	case "redis":
	case "rediss":
		c.TLS = true
	case "redis+cluster":
		c.Cluster = true
	default:
		return Config{}, invalid(shape)
	}
	for _, h := range append([]string{u.Host}, hosts...) {
		c.Addresses = append(c.Addresses, withPort(h))
	}
	c.Username = u.User.Username()
	c.Password, _ = u.User.Password()
	if err := c.readDatabase(u.Path); err != nil {
		return Config{}, err
	}
	if err := c.readParameters(u.RawQuery); err != nil {
		return Config{}, err
	}
	return c, c.withDefaults().validate()
}

// splitHosts takes the hosts after the first out of a URL: url.Parse knows only one.
func splitHosts(s string) (one string, more []string) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@') + 1
	hosts := strings.Split(rest[at:end], ",")
	return scheme + "://" + rest[:at] + hosts[0] + rest[end:], hosts[1:]
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(strings.TrimSuffix(host, ":"), "[]"), defaultPort)
}

func (c *Config) readDatabase(path string) error {
	name := strings.Trim(path, "/")
	if name == "" {
		return nil
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 {
		return invalid("names a database that is no number of 0 or more")
	}
	c.Database = n
	return nil
}

// settings are the parameters of the URL.
var settings = map[string]func(c *Config, name, value string) error{
	"prefix":        func(c *Config, n, v string) error { return setText(&c.Prefix, n, v) },
	"pool_size":     func(c *Config, n, v string) error { return setNumber(&c.PoolSize, n, v) },
	"tls":           func(c *Config, n, v string) error { return setBool(&c.TLS, n, v) },
	"dial_timeout":  func(c *Config, n, v string) error { return setDuration(&c.DialTimeout, n, v) },
	"read_timeout":  func(c *Config, n, v string) error { return setDuration(&c.ReadTimeout, n, v) },
	"write_timeout": func(c *Config, n, v string) error { return setDuration(&c.WriteTimeout, n, v) },
	"pool_timeout":  func(c *Config, n, v string) error { return setDuration(&c.PoolTimeout, n, v) },
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

func setText(target *string, name, value string) error {
	if value == "" {
		return invalid("has an empty %s; leave it out to have its default", name)
	}
	*target = value
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

func setBool(target *bool, name, value string) error {
	if value != "true" && value != "false" {
		return invalid("has a %s that is neither true nor false", name)
	}
	*target = value == "true"
	return nil
}

func setDuration(target *time.Duration, name, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return invalid("has a %s that is no duration above 0, as in 50ms or 1s", name)
	}
	*target = d
	return nil
}

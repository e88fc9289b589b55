package redis

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/pikamem/pika/parameter"
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
	if err := parameter.Read(u.RawQuery, c.settings()); err != nil {
		return Config{}, invalid("%s", err)
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
func (c *Config) settings() map[string]parameter.Set {
	return map[string]parameter.Set{
		"prefix":        parameter.Text(&c.Prefix),
		"pool_size":     parameter.Number(&c.PoolSize),
		"tls":           parameter.Bool(&c.TLS),
		"dial_timeout":  parameter.Duration(&c.DialTimeout),
		"read_timeout":  parameter.Duration(&c.ReadTimeout),
		"write_timeout": parameter.Duration(&c.WriteTimeout),
		"pool_timeout":  parameter.Duration(&c.PoolTimeout),
	}
}

package milvus

import (
	"cmp"
	"net"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pikamem/pika"
)

// The values of a Config that names none.
const (
	DefaultPrefix        = "pika"
	DefaultPartitions    = 64
	DefaultSearchTimeout = 800 * time.Millisecond
	DefaultWriteTimeout  = 5 * time.Second
	DefaultListTimeout   = 30 * time.Second
	DefaultSetupTimeout  = 60 * time.Second
)

// Bounds of a Config.
const (
	maxPartitions  = 1024
	maxConnections = 4
	maxPrefixBytes = 64
	maxTimeout     = 10 * time.Minute
	maxDimensions  = 32_768
)

// Config says where the server is and how vectors are indexed.
type Config struct {
	Address  string // host:port
	Username string
	Password string
	APIKey   string // instead of Username and Password
	Database string // empty: the server's default database
	TLS      bool

	// Prefix begins the names of collections and aliases: a letter or _, then letters,
	// digits and _, at most 64. Defaults to DefaultPrefix.
	Prefix string
	// Index is how vectors are indexed. Defaults to HNSW.
	Index IndexConfig
	// Partitions is how many partitions a new collection spreads users over, 1–1,024,
	// if the server passes the check for it (see CheckPartitions), else 1. Defaults to
	// DefaultPartitions. A collection that is there keeps what it has.
	Partitions int
	// Connections is how many connections requests take turns on, 1–4. Defaults to 1,
	// which is enough for about 1,000 requests per second.
	Connections int

	// SearchTimeout bounds one search. Defaults to DefaultSearchTimeout.
	SearchTimeout time.Duration
	// WriteTimeout bounds one upsert or delete. Defaults to DefaultWriteTimeout.
	WriteTimeout time.Duration
	// ListTimeout bounds one ListRows, which waits until the server shows every
	// acknowledged write: longer under load. Defaults to DefaultListTimeout.
	ListTimeout time.Duration
	// SetupTimeout bounds every step of Migrate, SwitchAlias and DropModel. Defaults to
	// DefaultSetupTimeout.
	SetupTimeout time.Duration

	// Now is the clock that rows are dated by. Defaults to time.Now.
	Now func() time.Time
	// Registerer takes the metrics; nil: nobody does.
	Registerer prometheus.Registerer
}

// withDefaults returns c with every default filled in.
func (c Config) withDefaults() Config {
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.Index.Kind = cmp.Or(c.Index.Kind, HNSW)
	c.Partitions = cmp.Or(c.Partitions, DefaultPartitions)
	c.Connections = cmp.Or(c.Connections, 1)
	c.SearchTimeout = cmp.Or(c.SearchTimeout, DefaultSearchTimeout)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, DefaultWriteTimeout)
	c.ListTimeout = cmp.Or(c.ListTimeout, DefaultListTimeout)
	c.SetupTimeout = cmp.Or(c.SetupTimeout, DefaultSetupTimeout)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

var prefixPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validate refuses a Config with defaults that no server could be used with.
func (c Config) validate() error {
	if err := checkAddress(c.Address); err != nil {
		return err
	}
	switch {
	case c.APIKey != "" && c.Username+c.Password != "":
		return pika.InvalidField("api_key", "stands beside a user or a password; only one way to log in is allowed")
	case (c.Username == "") != (c.Password == ""):
		return pika.InvalidField("user", "needs a user and a password, or neither")
	case len(c.Prefix) > maxPrefixBytes || !prefixPattern.MatchString(c.Prefix):
		return pika.InvalidField("prefix", "must begin with a letter or _ and hold only letters, digits and _, at most %d", maxPrefixBytes)
	case c.Partitions < 1 || c.Partitions > maxPartitions:
		return pika.InvalidField("partitions", "is %d; it must be 1–%d", c.Partitions, maxPartitions)
	case c.Connections < 1 || c.Connections > maxConnections:
		return pika.InvalidField("connections", "is %d; it must be 1–%d", c.Connections, maxConnections)
	}
	for name, timeout := range map[string]time.Duration{
		"search_timeout": c.SearchTimeout, "write_timeout": c.WriteTimeout, "list_timeout": c.ListTimeout, "setup_timeout": c.SetupTimeout,
	} {
		if timeout <= 0 || timeout > maxTimeout {
			return pika.InvalidField(name, "is %s; it must be more than 0s and at most %s", timeout, maxTimeout)
		}
	}
	return c.Index.validate()
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || portErr != nil || n == 0 {
		return pika.InvalidField("address", "must be host:port, as in 127.0.0.1:19530")
	}
	return nil
}

// checkModel refuses a model that no collection can hold.
func checkModel(model pika.EmbeddingModel, index IndexConfig) error {
	if model.ID == "" {
		return pika.InvalidField("model", "needs an id")
	}
	if model.Dimensions < 1 || model.Dimensions > maxDimensions {
		return pika.InvalidField("model", "has %d dimensions; Milvus takes 1–%d", model.Dimensions, maxDimensions)
	}
	return index.fits(model.Dimensions)
}

package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika/cachewarm"
)

// Config is everything an App can be told. Every field but Command is one variable of
// the environment; the flag of the same name wins, secrets have no flag.
type Config struct {
	Command string // dev, gateway, worker, …: whose configuration it is

	Addr            string        // where the API listens
	Data            string        // folder of all files
	Facts           string        // facts store: sqlite:PATH | postgres://…
	Vectors         string        // vector index: embedded | milvus://…
	Graph           string        // entity graph: embedded | neo4j://…
	Cache           string        // cache: memory | redis://…
	Embedder        string        // local | openai:MODEL
	EmbedderBaseURL string        // where openai:MODEL embeddings live; default OpenAIBaseURL
	Model           string        // file of the local embedding model; empty: the user's cache folder
	LLM             string        // rules | openai:MODEL
	OpenAIKey       string        // secret
	OpenAIBaseURL   string        // any OpenAI-compatible server
	TemporalAddress string        // empty: an own server is started
	TemporalNS      string        // namespace of the workflows
	TemporalBinary  string        // the temporal CLI; empty: beside pika, ./bin, PATH
	TemporalUIPort  int           // 0: any free port
	KeepMessages    bool          // store the text of messages
	PayloadKey      []byte        // secret, 32 bytes; empty: generated in Data
	Memory          int64         // bytes for arenas and caches together
	SearchDeadline  time.Duration // default of deadline_ms; 0: 80 ms local, 500 ms remote
	LLMTimeout      time.Duration // one call of the language model
	LLMConcurrency  int           // calls of the language model at once
	LLMCacheTTL     time.Duration // how long its answers are reused
	CacheTTL        time.Duration // how long answers of searches are kept at most
	SemanticCache   bool          // a question may be answered from another one's answer that asks the same
	JobConcurrency  int           // activities at once beside the language model's
	MaxInFlight     int           // requests at once; more are refused with 503
	Synchronous     string        // FULL | NORMAL: SQLite's durability against power loss
	MetricsOpen     bool          // every caller may read /metrics
	LogLevel        slog.Level    // debug | info | warn | error

	ReconcileSchedule string        // cron text in UTC, or off
	ReconcileGrace    time.Duration // younger rows are left alone
	ReconcileRate     int           // rows repaired per second
	ProbeEvery        time.Duration // between two recall probes

	WarmSchedule string        // when answers are made ahead: cron text in UTC, or off
	WarmQueries  []string      // questions that are answered ahead for everybody
	WarmTop      int           // questions that are answered ahead for one user
	WarmActive   time.Duration // who asked within it is active
	WarmUsers    int           // users of one run
	WarmBudget   time.Duration // of one run
	TTLSchedule  string        // when the times of answers are tuned: cron text in UTC, or off
	TargetHits   float64       // share of former answers that should still be kept when asked for
}

// The values of variables that name an embedded part.
const (
	embedded   = "embedded"
	inMemory   = "memory"
	sqliteFile = "sqlite:"
)

// LoadConfig reads the environment and the flags of a command. It returns an error
// that names the variable of the first wrong value.
func LoadConfig(command string, args []string, getenv func(string) string, extra func(*flag.FlagSet)) (Config, error) {
	vars := variables()
	values := make([]string, len(vars))
	flags := flag.NewFlagSet("pika "+command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if extra != nil {
		extra(flags) // a command's own flag takes the place of a variable's: reindex --model
	}
	for i, v := range vars {
		values[i] = getenv(v.name)
		if !v.secret && flags.Lookup(v.flagName()) == nil {
			flags.StringVar(&values[i], v.flagName(), values[i], v.meaning)
		}
	}
	if err := flags.Parse(args); err != nil {
		return Config{}, fmt.Errorf("%w; `pika help config` lists every flag and variable", err)
	}
	if flags.NArg() > 0 {
		return Config{}, fmt.Errorf("pika %s takes no argument %q; `pika help config` lists the flags", command, flags.Arg(0))
	}
	c := defaults(command)
	for i, v := range vars {
		if values[i] == "" {
			continue
		}
		if err := refusePassword(flags, v, values[i]); err != nil {
			return Config{}, err
		}
		if err := v.set(&c, values[i]); err != nil {
			return Config{}, fmt.Errorf("%s: %w", v.title(), err)
		}
	}
	return c.resolve()
}

// refusePassword refuses a flag that holds a password: command lines are shown by ps
// and kept by shells.
func refusePassword(flags *flag.FlagSet, v variable, value string) error {
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == v.flagName() })
	if !given || !hasPassword(value) {
		return nil
	}
	return fmt.Errorf("--%s holds a password, and everyone on this machine can read command lines: set %s in the environment", v.flagName(), v.name)
}

func defaults(command string) Config {
	c := Config{
		Command: command, Addr: "127.0.0.1:8080", Data: "./pika-data", Vectors: embedded, Graph: embedded, Cache: inMemory,
		Embedder: "local", TemporalNS: "default", TemporalUIPort: 8233, KeepMessages: true, Memory: 384 << 20,
		LLMTimeout: time.Minute, LLMConcurrency: 8, LLMCacheTTL: 5 * time.Minute, CacheTTL: 24 * time.Hour, SemanticCache: true, JobConcurrency: 32,
		MaxInFlight: 512, Synchronous: "FULL", LogLevel: slog.LevelInfo,
		ReconcileSchedule: "17 * * * *", ReconcileGrace: 5 * time.Minute, ReconcileRate: 500, ProbeEvery: 10 * time.Minute,
		WarmSchedule: "*/15 * * * *", WarmQueries: []string{"Sở thích của tôi", "Gia đình của tôi", "Trường học của tôi"},
		WarmTop: cachewarm.DefaultTop, WarmActive: cachewarm.DefaultActive, WarmUsers: cachewarm.DefaultUsers,
		WarmBudget: cachewarm.DefaultBudget, TTLSchedule: "*/5 * * * *", TargetHits: cachewarm.DefaultTarget,
	}
	switch command {
	case "gateway":
		c.Addr = ":8080"
	case "worker":
		c.Addr = "127.0.0.1:8081"
	}
	return c
}

// resolve fills in the defaults that depend on other variables and checks what
// needs more than one of them.
func (c Config) resolve() (Config, error) {
	c.Facts = cmp.Or(c.Facts, sqliteFile+filepath.Join(c.Data, "pika.db"))
	if c.LLM == "" {
		c.LLM = "rules"
		if c.OpenAIKey != "" || c.OpenAIBaseURL != "" {
			c.LLM = "openai:gpt-4o-mini"
		}
	}
	c.EmbedderBaseURL = cmp.Or(c.EmbedderBaseURL, c.OpenAIBaseURL)
	if c.SearchDeadline == 0 {
		c.SearchDeadline = 80 * time.Millisecond
		if c.Embedder != "local" {
			c.SearchDeadline = 500 * time.Millisecond
		}
	}
	if err := c.checkCommand(); err != nil {
		return c, err
	}
	return c, c.checkAddr()
}

// checkCommand refuses what a command cannot work on. Embedded stores belong to one
// process, so commands that run beside others need the real ones.
func (c Config) checkCommand() error {
	switch c.Command {
	case "gateway", "worker", "reconcile", "warm":
	default:
		return nil
	}
	for _, part := range []struct{ name, value, beginning, real string }{
		{"PIKA_FACTS", c.Facts, sqliteFile, "postgres://USER:PASSWORD@HOST/DATABASE"},
		{"PIKA_VECTORS", c.Vectors, embedded, "milvus://HOST:19530"},
		{"PIKA_GRAPH", c.Graph, embedded, "neo4j://USER:PASSWORD@HOST:7687"},
		{"PIKA_CACHE", c.Cache, inMemory, "redis://:PASSWORD@HOST:6379"},
	} {
		if part.name == "PIKA_CACHE" && c.Command == "reconcile" {
			continue // it compares stores alone
		}
		if strings.HasPrefix(part.value, part.beginning) {
			return fmt.Errorf("pika %s needs stores that several processes can share, and %s names an embedded one: set it to %s, or use `pika dev`", c.Command, part.name, part.real)
		}
	}
	if c.Command == "reconcile" || c.Command == "warm" {
		return nil // they work on the stores alone
	}
	switch {
	case len(c.PayloadKey) == 0:
		return fmt.Errorf("pika %s needs PIKA_PAYLOAD_KEY, the same for all gateways and workers: 32 bytes in base64 (make one: head -c 32 /dev/urandom | base64)", c.Command)
	case c.TemporalAddress == "":
		return fmt.Errorf("pika %s needs TEMPORAL_ADDRESS, the host:port of a Temporal cluster", c.Command)
	}
	return nil
}

// checkAddr refuses an address that cannot be listened on.
func (c Config) checkAddr() error {
	_, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("PIKA_ADDR (or --addr): %q is not host:port, such as 127.0.0.1:8080", c.Addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("PIKA_ADDR (or --addr): port %q is not a number from 0 to 65535", port)
	}
	return nil
}

// loopback reports whether only this machine reaches the API.
func (c Config) loopback() bool {
	host, _, _ := net.SplitHostPort(c.Addr)
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// needsKeys reports whether callers must show an API key.
func (c Config) needsKeys() bool { return c.Command == "gateway" || !c.loopback() }

// factsPath returns the path of the SQLite file: the facts store, or what the other
// embedded parts are kept in.
func (c Config) factsPath() string {
	if path, ok := strings.CutPrefix(c.Facts, sqliteFile); ok {
		return path
	}
	return filepath.Join(c.Data, "pika.db")
}

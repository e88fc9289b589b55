package main

import (
	"cmp"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
)

// Config is everything an App can be told. Every field is one variable of the
// environment; the flag of the same name wins, secrets have no flag.
type Config struct {
	Addr            string        // where the API listens
	Data            string        // folder of all files
	Facts           string        // facts store: sqlite:PATH
	Vectors         string        // vector index: embedded
	Graph           string        // entity graph: embedded
	Cache           string        // cache: memory
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
	JobConcurrency  int           // activities at once beside the language model's
	MaxInFlight     int           // requests at once; more are refused with 503
	Synchronous     string        // FULL | NORMAL: SQLite's durability against power loss
	LogLevel        slog.Level    // debug | info | warn | error
}

// variable describes one variable of the environment.
type variable struct {
	name    string // PIKA_ADDR; its flag is --addr
	dev     string // default of `pika dev`
	meaning string
	secret  bool
	set     func(c *Config, value string) error
}

// flagName returns the flag of a variable: PIKA_KEEP_MESSAGES is --keep-messages.
func (v variable) flagName() string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(v.name, "PIKA_"), "_", "-"))
}

// title names the variable, and its flag if it has one.
func (v variable) title() string {
	if v.secret {
		return v.name
	}
	return v.name + " (or --" + v.flagName() + ")"
}

// variables lists every variable of the environment, in the order `pika help
// config` prints them.
func variables() []variable {
	return []variable{
		{name: "PIKA_ADDR", dev: "127.0.0.1:8080", meaning: "address the API listens on; without API keys it must be a loopback address", set: text(func(c *Config) *string { return &c.Addr })},
		{name: "PIKA_DATA", dev: "./pika-data", meaning: "folder of all files that pika dev writes", set: text(func(c *Config) *string { return &c.Data })},
		{name: "PIKA_FACTS", dev: "sqlite:$PIKA_DATA/pika.db", meaning: "facts store, the truth: sqlite:PATH", set: text(func(c *Config) *string { return &c.Facts })},
		{name: "PIKA_VECTORS", dev: "embedded", meaning: "vector index: embedded", set: only(func(c *Config) *string { return &c.Vectors }, "embedded")},
		{name: "PIKA_GRAPH", dev: "embedded", meaning: "entity graph: embedded", set: only(func(c *Config) *string { return &c.Graph }, "embedded")},
		{name: "PIKA_CACHE", dev: "memory", meaning: "cache: memory", set: only(func(c *Config) *string { return &c.Cache }, "memory")},
		{name: "PIKA_EMBEDDER", dev: "local", meaning: "embedding model: local (multilingual-e5-small in process) or openai:MODEL", set: model(func(c *Config) *string { return &c.Embedder }, "local")},
		{name: "PIKA_EMBEDDER_BASE_URL", meaning: "OpenAI-compatible server of the embedding model; default OPENAI_BASE_URL", set: text(func(c *Config) *string { return &c.EmbedderBaseURL })},
		{name: "PIKA_MODEL", meaning: "file of the local embedding model; default: the user's cache folder, where make build puts it", set: text(func(c *Config) *string { return &c.Model })},
		{name: "PIKA_LLM", dev: "openai:gpt-4o-mini if OPENAI_API_KEY or OPENAI_BASE_URL is set, else rules", meaning: "extractor: openai:MODEL or rules (no language model; labelled degraded)", set: model(func(c *Config) *string { return &c.LLM }, "rules")},
		{name: "PIKA_LLM_TIMEOUT", dev: "60s", meaning: "longest call of the language model", set: duration(func(c *Config) *time.Duration { return &c.LLMTimeout }, time.Second, 10*time.Minute)},
		{name: "PIKA_LLM_CONCURRENCY", dev: "8", meaning: "calls of the language model at once, 1–256", set: number(func(c *Config) *int { return &c.LLMConcurrency }, 1, 256)},
		{name: "PIKA_LLM_CACHE_TTL", dev: "5m", meaning: "how long an answer of the language model is reused for the same chunk", set: duration(func(c *Config) *time.Duration { return &c.LLMCacheTTL }, time.Second, 24*time.Hour)},
		{name: "OPENAI_API_KEY", meaning: "key of the language model's server", secret: true, set: text(func(c *Config) *string { return &c.OpenAIKey })},
		{name: "OPENAI_BASE_URL", meaning: "any OpenAI-compatible server, with its /v1", set: text(func(c *Config) *string { return &c.OpenAIBaseURL })},
		{name: "TEMPORAL_ADDRESS", meaning: "an existing Temporal cluster, host:port; unset: pika dev starts its own server", set: text(func(c *Config) *string { return &c.TemporalAddress })},
		{name: "TEMPORAL_NAMESPACE", dev: "default", meaning: "namespace of the workflows", set: text(func(c *Config) *string { return &c.TemporalNS })},
		{name: "PIKA_TEMPORAL_BINARY", meaning: "the temporal CLI that pika dev starts; default: beside pika, ./bin, PATH", set: text(func(c *Config) *string { return &c.TemporalBinary })},
		{name: "PIKA_TEMPORAL_UI_PORT", dev: "8233", meaning: "port of the Temporal UI on the loopback address, 0–65535; taken or 0: any free one", set: number(func(c *Config) *int { return &c.TemporalUIPort }, 0, 65535)},
		{name: "PIKA_KEEP_MESSAGES", dev: "true", meaning: "true: messages are stored and searchable; false: only their ids and hashes", set: boolean(func(c *Config) *bool { return &c.KeepMessages })},
		{name: "PIKA_PAYLOAD_KEY", dev: "generated in $PIKA_DATA", meaning: "32 bytes in base64 that encrypt workflow payloads", secret: true, set: setPayloadKey},
		{name: "PIKA_MEMORY", dev: "384MiB", meaning: "budget of vector arenas and caches together, at least 32MiB", set: setMemory},
		{name: "PIKA_SEARCH_DEADLINE", dev: "80ms with a local embedder, 500ms with a remote one", meaning: "deadline of a search that names none, 5ms–10s", set: duration(func(c *Config) *time.Duration { return &c.SearchDeadline }, pika.MinDeadlineMS*time.Millisecond, pika.MaxDeadlineMS*time.Millisecond)},
		{name: "PIKA_JOB_CONCURRENCY", dev: "32", meaning: "activities at once beside the language model's, 1–1000", set: number(func(c *Config) *int { return &c.JobConcurrency }, 1, 1000)},
		{name: "PIKA_MAX_IN_FLIGHT", dev: "512", meaning: "requests at once, 1–100000; more are refused with 503 and Retry-After", set: number(func(c *Config) *int { return &c.MaxInFlight }, 1, 100_000)},
		{name: "PIKA_SQLITE_SYNCHRONOUS", dev: "FULL", meaning: "FULL survives power loss; NORMAL is faster and may lose the last commits then", set: only(func(c *Config) *string { return &c.Synchronous }, "FULL", "NORMAL")},
		{name: "PIKA_LOG_LEVEL", dev: "info", meaning: "debug, info, warn or error", set: setLogLevel},
	}
}

// LoadConfig reads the environment and the flags of a command. It returns an error
// that names the variable of the first wrong value.
func LoadConfig(command string, args []string, getenv func(string) string, extra func(*flag.FlagSet)) (Config, error) {
	vars := variables()
	values := make([]string, len(vars))
	flags := flag.NewFlagSet("pika "+command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for i, v := range vars {
		values[i] = getenv(v.name)
		if !v.secret {
			flags.StringVar(&values[i], v.flagName(), values[i], v.meaning)
		}
	}
	if extra != nil {
		extra(flags)
	}
	if err := flags.Parse(args); err != nil {
		return Config{}, fmt.Errorf("%w; `pika help config` lists every flag and variable", err)
	}
	if flags.NArg() > 0 {
		return Config{}, fmt.Errorf("pika %s takes no argument %q; `pika help config` lists the flags", command, flags.Arg(0))
	}
	c := defaults()
	for i, v := range vars {
		if values[i] == "" {
			continue
		}
		if err := v.set(&c, values[i]); err != nil {
			return Config{}, fmt.Errorf("%s: %w", v.title(), err)
		}
	}
	return c.resolve()
}

func defaults() Config {
	return Config{
		Addr: "127.0.0.1:8080", Data: "./pika-data", Vectors: "embedded", Graph: "embedded", Cache: "memory",
		Embedder: "local", TemporalNS: "default", TemporalUIPort: 8233, KeepMessages: true, Memory: 384 << 20,
		LLMTimeout: time.Minute, LLMConcurrency: 8, LLMCacheTTL: 5 * time.Minute, JobConcurrency: 32,
		MaxInFlight: 512, Synchronous: "FULL", LogLevel: slog.LevelInfo,
	}
}

// resolve fills in the defaults that depend on other variables and checks what
// needs more than one of them.
func (c Config) resolve() (Config, error) {
	c.Facts = cmp.Or(c.Facts, "sqlite:"+filepath.Join(c.Data, "pika.db"))
	if path, ok := strings.CutPrefix(c.Facts, "sqlite:"); !ok || path == "" {
		return c, fmt.Errorf("PIKA_FACTS (or --facts): %q is not sqlite:PATH, the one facts store built so far", c.Facts)
	}
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
	return c, c.checkAddr()
}

// checkAddr refuses to open an API without keys to anything but this machine.
func (c Config) checkAddr() error {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("PIKA_ADDR (or --addr): %q is not host:port, such as 127.0.0.1:8080", c.Addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("PIKA_ADDR (or --addr): port %q is not a number from 0 to 65535", port)
	}
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("PIKA_ADDR (or --addr): %s is not a loopback address, and without API keys anyone who reaches it could read every memory; use 127.0.0.1:%s (API keys are not built yet)", c.Addr, port)
}

// FactsPath returns the path of the SQLite file.
func (c Config) FactsPath() string { return strings.TrimPrefix(c.Facts, "sqlite:") }

// PrintVariables writes every variable with its default and meaning as a table.
func PrintVariables(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VARIABLE\tFLAG\tDEFAULT OF pika dev\tMEANING")
	for _, v := range variables() {
		flagText := "--" + v.flagName()
		if v.secret {
			flagText = "(secret: no flag)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", v.name, flagText, cmp.Or(v.dev, "–"), v.meaning)
	}
	table.Flush()
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error { *field(c) = value; return nil }
}

func only(field func(*Config) *string, allowed ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		for _, a := range allowed {
			if value == a {
				*field(c) = value
				return nil
			}
		}
		return fmt.Errorf("%q is not one of: %s", value, strings.Join(allowed, ", "))
	}
}

func model(field func(*Config) *string, builtIn string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if name, ok := strings.CutPrefix(value, "openai:"); value != builtIn && (!ok || name == "") {
			return fmt.Errorf("%q is neither %s nor openai:MODEL", value, builtIn)
		}
		*field(c) = value
		return nil
	}
}

func number(field func(*Config) *int, least, most int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not a whole number from %d to %d", value, least, most)
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*Config) *time.Duration, least, most time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least || d > most {
			return fmt.Errorf("%q is not a duration from %s to %s, such as 250ms or 5m", value, least, most)
		}
		*field(c) = d
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) error {
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is not true or false", value)
		}
		*field(c) = b
		return nil
	}
}

func setPayloadKey(c *Config, value string) error {
	key, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(key) != 32 {
		return fmt.Errorf("it must be 32 bytes in base64 (make one: head -c 32 /dev/urandom | base64)")
	}
	c.PayloadKey = key
	return nil
}

func setMemory(c *Config, value string) error {
	units := []struct {
		suffix string
		factor int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(value, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n*u.factor < 32<<20 || n*u.factor > 1<<40 {
			break
		}
		c.Memory = n * u.factor
		return nil
	}
	return fmt.Errorf("%q is not a size from 32MiB to 1024GiB, such as 384MiB or 2GiB", value)
}

func setLogLevel(c *Config, value string) error {
	switch value {
	case "debug", "info", "warn", "error":
		return c.LogLevel.UnmarshalText([]byte(value))
	}
	return fmt.Errorf("%q is not one of: debug, info, warn, error", value)
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pikamem/pika"
)

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
		{name: "PIKA_ADDR", dev: "127.0.0.1:8080", meaning: "address the API listens on (gateway: :8080; worker: 127.0.0.1:8081, for its health); any but a loopback address needs API keys", set: text(func(c *Config) *string { return &c.Addr })},
		{name: "PIKA_DATA", dev: "./pika-data", meaning: "folder of all files that pika dev writes", set: text(func(c *Config) *string { return &c.Data })},
		{name: "PIKA_FACTS", dev: "sqlite:$PIKA_DATA/pika.db", meaning: "facts store, the truth: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE", set: store(func(c *Config) *string { return &c.Facts }, sqliteFile, "postgres", "postgresql")},
		{name: "PIKA_VECTORS", dev: "embedded", meaning: "vector index: embedded or milvus://HOST:19530/DATABASE?index=hnsw&… (see docs/operations.md)", set: store(func(c *Config) *string { return &c.Vectors }, embedded, "milvus")},
		{name: "PIKA_GRAPH", dev: "embedded", meaning: "entity graph: embedded or neo4j://USER:PASSWORD@HOST:7687", set: store(func(c *Config) *string { return &c.Graph }, embedded, "neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")},
		{name: "PIKA_CACHE", dev: "memory", meaning: "cache: memory or redis://:PASSWORD@HOST:6379/0", set: store(func(c *Config) *string { return &c.Cache }, inMemory, "redis", "rediss", "redis+cluster")},
		{name: "PIKA_EMBEDDER", dev: "local", meaning: "embedding model: local (multilingual-e5-small in process) or openai:MODEL", set: model(func(c *Config) *string { return &c.Embedder }, "local")},
		{name: "PIKA_EMBEDDER_BASE_URL", meaning: "OpenAI-compatible server of the embedding model; default OPENAI_BASE_URL", set: text(func(c *Config) *string { return &c.EmbedderBaseURL })},
		{name: "PIKA_MODEL", meaning: "file of the local embedding model; default: the user's cache folder, where make build puts it", set: text(func(c *Config) *string { return &c.Model })},
		{name: "PIKA_LLM", dev: "openai:gpt-4o-mini if OPENAI_API_KEY or OPENAI_BASE_URL is set, else rules", meaning: "extractor, and reranker of searches that ask for it: openai:MODEL or rules (no language model; labelled degraded)", set: model(func(c *Config) *string { return &c.LLM }, "rules")},
		{name: "PIKA_LLM_TIMEOUT", dev: "60s", meaning: "longest call of the language model", set: duration(func(c *Config) *time.Duration { return &c.LLMTimeout }, time.Second, 10*time.Minute)},
		{name: "PIKA_LLM_CONCURRENCY", dev: "8", meaning: "calls of the language model at once, 1–256", set: number(func(c *Config) *int { return &c.LLMConcurrency }, 1, 256)},
		{name: "PIKA_CACHE_TTL", dev: "24h", meaning: "how long an answer of a search is kept at most while nothing changes it; what is asked seldom, and what holds new facts, is kept shorter (see GET /v1/cache/stats)", set: duration(func(c *Config) *time.Duration { return &c.CacheTTL }, time.Second, 7*24*time.Hour)},
		{name: "PIKA_SEMANTIC_CACHE", dev: "true", meaning: "true: a question is also answered from what was found for another one that asks the same; false: only for the same question", set: boolean(func(c *Config) *bool { return &c.SemanticCache })},
		{name: "PIKA_LLM_CACHE_TTL", dev: "5m", meaning: "how long an answer of the language model is reused for a chunk that says the same; each reuse doubles it, up to 1h", set: duration(func(c *Config) *time.Duration { return &c.LLMCacheTTL }, time.Second, 24*time.Hour)},
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
		{name: "PIKA_RECONCILE_SCHEDULE", dev: "17 * * * *", meaning: "when truth and projections are compared and repaired: cron text in UTC, or off", set: schedule(func(c *Config) *string { return &c.ReconcileSchedule })},
		{name: "PIKA_RECONCILE_GRACE", dev: "5m", meaning: "rows younger than this are left alone when comparing, 10s–24h", set: duration(func(c *Config) *time.Duration { return &c.ReconcileGrace }, 10*time.Second, 24*time.Hour)},
		{name: "PIKA_RECONCILE_RATE", dev: "500", meaning: "rows repaired per second at most, 1–100000", set: number(func(c *Config) *int { return &c.ReconcileRate }, 1, 100_000)},
		{name: "PIKA_RECALL_PROBE_EVERY", dev: "10m", meaning: "how often the vector index is compared with exact answers, 10s–24h", set: duration(func(c *Config) *time.Duration { return &c.ProbeEvery }, 10*time.Second, 24*time.Hour)},
		{name: "PIKA_WARM_SCHEDULE", dev: "*/15 * * * *", meaning: "when questions are answered ahead: cron text in UTC, or off", set: schedule(func(c *Config) *string { return &c.WarmSchedule })},
		{name: "PIKA_WARM_QUERIES", dev: "Sở thích của tôi|Gia đình của tôi|Trường học của tôi", meaning: "questions that are answered ahead for every active user, beside what he and his tenant ask, with | between them; or off", set: questions(func(c *Config) *[]string { return &c.WarmQueries })},
		{name: "PIKA_WARM_TOP", dev: "100", meaning: "questions that are answered ahead for one user at most, beside PIKA_WARM_QUERIES, 1–1000", set: number(func(c *Config) *int { return &c.WarmTop }, 1, pika.MaxPageLimit)},
		{name: "PIKA_WARM_ACTIVE", dev: "168h", meaning: "who asked anything within it is answered ahead, 1h–2160h", set: duration(func(c *Config) *time.Duration { return &c.WarmActive }, time.Hour, 90*24*time.Hour)},
		{name: "PIKA_WARM_USERS", dev: "200", meaning: "users of one run at most, those who asked last first, 1–1000", set: number(func(c *Config) *int { return &c.WarmUsers }, 1, pika.MaxPageLimit)},
		{name: "PIKA_WARM_BUDGET", dev: "10m", meaning: "longest run, 1s–30m", set: duration(func(c *Config) *time.Duration { return &c.WarmBudget }, time.Second, 30*time.Minute)},
		{name: "PIKA_TTL_SCHEDULE", dev: "*/5 * * * *", meaning: "when it is reckoned what is popular and how long answers are kept: cron text in UTC, or off", set: schedule(func(c *Config) *string { return &c.TTLSchedule })},
		{name: "PIKA_TARGET_HIT_RATE", dev: "0.8", meaning: "how often a former answer should still be kept when it is asked for, 0.01–0.99: its time is made longer below, shorter above", set: fraction(func(c *Config) *float64 { return &c.TargetHits }, 0.01, 0.99)},
		{name: "PIKA_METRICS_OPEN", dev: "false", meaning: "true: every caller may read /metrics of an API that needs keys; false: only this machine", set: boolean(func(c *Config) *bool { return &c.MetricsOpen })},
		{name: "PIKA_LOG_LEVEL", dev: "info", meaning: "debug, info, warn or error", set: setLogLevel},
	}
}

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

package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

const (
	extractPath = "/v1/extract_facts"
	batchPath   = "/v1/extract_facts/batch"
	factsPath   = "/v1/facts"
	searchPath  = "/v1/search_facts"
	contextPath = "/v1/users/u1/context"
)

// said is an extract body around one message.
func said(message string) string { return `{"user_id":"u","conversation":[` + message + `]}` }

// with is an extract body with one more member.
func with(member string) string {
	return `{"user_id":"u","conversation":[{"role":"user","content":"hi"}],` + member + `}`
}

func asks(member string) string { return `{"user_id":"u","query":"q",` + member + `}` }

func given(fact string) string { return `{"user_id":"u","facts":[` + fact + `]}` }

func many(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }

type badInput struct {
	name, method, target, body string
	status                     int
	code                       pika.Code
	field                      string // of the first error; empty: none is named
	header                     []string
}

func badBodies() []badInput {
	const one = `{"role":"user","content":"hi"}`
	bad := func(name, target, body string, status int, field string) badInput {
		return badInput{name: name, method: "POST", target: target, body: body, status: status, code: pika.Invalid, field: field}
	}
	return []badInput{
		// Unreadable.
		bad("blank body", extractPath, "  ", 400, "body"),
		bad("not JSON", extractPath, `{"user_id":`, 400, "body"),
		bad("words", extractPath, `hello`, 400, "body"),
		bad("trailing garbage", extractPath, said(one)+"x", 400, "body"),
		bad("two documents", extractPath, said(one)+said(one), 400, "body"),
		bad("trailing comma", extractPath, `{"user_id":"u",}`, 400, "body"),
		bad("single quotes", extractPath, `{'user_id':'u'}`, 400, "body"),
		bad("byte order mark", extractPath, "\ufeff"+said(one), 400, "body"),
		bad("NaN", searchPath, asks(`"min_score":NaN`), 400, "body"),
		bad("raw control character", extractPath, said("{\"role\":\"user\",\"content\":\"a\nb\"}"), 400, "body"),
		bad("invalid UTF-8 in content", extractPath, said("{\"role\":\"user\",\"content\":\"a\xffb\"}"), 400, "body"),
		bad("invalid UTF-8 in a name", extractPath, "{\"user\xff\":1}", 400, "body"),
		bad("overlong UTF-8", searchPath, "{\"user_id\":\"u\",\"query\":\"\xc0\xaf\"}", 400, "body"),
		bad("UTF-8 surrogate", searchPath, "{\"user_id\":\"u\",\"query\":\"\xed\xa0\x80\"}", 400, "body"),
		bad("lone high surrogate", extractPath, said(`{"role":"user","content":"a\ud800b"}`), 400, "conversation[0].content"),
		bad("lone low surrogate", searchPath, `{"user_id":"u","query":"\udc00"}`, 400, "query"),
		bad("two high surrogates", searchPath, `{"user_id":"u","query":"\ud800\ud800"}`, 400, "query"),
		bad("repeated member", extractPath, `{"user_id":"u","user_id":"v","conversation":[`+one+`]}`, 400, "user_id"),
		bad("repeated nested member", extractPath, said(`{"role":"user","role":"tool","content":"x"}`), 400, "conversation[0].role"),
		bad("repeated through an escape", searchPath, `{"user_id":"u","query":"q","\u0071uery":"r"}`, 400, "query"),
		bad("repeated in unknown member", searchPath, asks(`"x":{"a":1,"a":2}`), 400, "x.a"),
		bad("nested too deep", searchPath, asks(`"x":`+strings.Repeat("[", 80)+strings.Repeat("]", 80)), 400, "x"+strings.Repeat("[0]", 64)),
		bad("nested absurdly deep", searchPath, strings.Repeat("[", 200_000), 400, "body"),

		// Wrong shape.
		bad("a list", extractPath, `[]`, 422, "body"),
		bad("null", extractPath, `null`, 422, "body"),
		bad("a string", searchPath, `"q"`, 422, "body"),
		bad("nothing given", extractPath, `{}`, 422, "user_id"),
		bad("no conversation", extractPath, `{"user_id":"u"}`, 422, "conversation"),
		bad("null conversation", extractPath, `{"user_id":"u","conversation":null}`, 422, "conversation"),
		bad("empty conversation", extractPath, `{"user_id":"u","conversation":[]}`, 422, "conversation"),
		bad("conversation is an object", extractPath, `{"user_id":"u","conversation":{}}`, 422, "conversation"),
		bad("message is null", extractPath, said(`null`), 422, "conversation[0]"),
		bad("message is a string", extractPath, said(one+`,"hi"`), 422, "conversation[1]"),
		bad("201 messages", extractPath, said(many(201, one)), 422, "conversation"),
		bad("201 context messages", extractPath, with(`"context":[`+many(201, one)+`]`), 422, "context"),
		bad("unknown member", extractPath, with(`"usr_id":"x"`), 422, "usr_id"),
		bad("unknown member in a message", extractPath, said(`{"role":"user","content":"x","contents":"y"}`), 422, "conversation[0].contents"),
		bad("member in another case", extractPath, with(`"User_ID":"x"`), 422, "User_ID"),
		bad("unknown filter", searchPath, asks(`"filters":{"category":"x"}`), 422, "filters.category"),

		// Ids.
		bad("user_id is a number", extractPath, `{"user_id":7,"conversation":[`+one+`]}`, 422, "user_id"),
		bad("user_id is null", extractPath, `{"user_id":null,"conversation":[`+one+`]}`, 422, "user_id"),
		bad("user_id is empty", extractPath, `{"user_id":"","conversation":[`+one+`]}`, 422, "user_id"),
		bad("user_id of 257 bytes", extractPath, `{"user_id":"`+strings.Repeat("é", 128)+`a","conversation":[`+one+`]}`, 422, "user_id"),
		bad("user_id with NUL", extractPath, `{"user_id":"a\u0000b","conversation":[`+one+`]}`, 422, "user_id"),
		bad("user_id with a line feed", searchPath, `{"user_id":"a\nb","query":"q"}`, 422, "user_id"),
		bad("user_id with C1", searchPath, `{"user_id":"a\u0085b","query":"q"}`, 422, "user_id"),
		bad("user_id is ..", searchPath, `{"user_id":"..","query":"q"}`, 422, "user_id"),
		bad("conversation_id with DEL", extractPath, with(`"conversation_id":"a\u007f"`), 422, "conversation_id"),
		bad("message id empty", extractPath, said(`{"id":"","role":"user","content":"x"}`), 422, "conversation[0].id"),
		bad("message id twice", extractPath, said(`{"id":"m","role":"user","content":"x"},{"id":"m","role":"user","content":"y"}`), 422, "conversation[1].id"),

		// Messages.
		bad("no role", extractPath, said(`{"content":"x"}`), 422, "conversation[0].role"),
		bad("unknown role", extractPath, said(many(3, one)+`,{"role":"bot","content":"x"}`), 422, "conversation[3].role"),
		bad("role in capitals", extractPath, said(`{"role":"User","content":"x"}`), 422, "conversation[0].role"),
		bad("no content", extractPath, said(`{"role":"user"}`), 422, "conversation[0].content"),
		bad("empty content", extractPath, said(`{"role":"user","content":""}`), 422, "conversation[0].content"),
		bad("blank content", extractPath, said(`{"role":"user","content":" \n\u00a0\u200b"}`), 422, "conversation[0].content"),
		bad("content over the limit in bytes, not runes", extractPath, said(`{"role":"user","content":"`+strings.Repeat("ế", 10_923)+`"}`), 422, "conversation[0].content"),
		bad("content with NUL", extractPath, said(`{"role":"user","content":"a\u0000"}`), 422, "conversation[0].content"),
		bad("content with escape", extractPath, said(`{"role":"user","content":"a\u001b[0m"}`), 422, "conversation[0].content"),
		bad("content is a list", extractPath, said(`{"role":"user","content":[{"type":"text"}]}`), 422, "conversation[0].content"),
		bad("name with tab", extractPath, said(`{"role":"user","content":"x","name":"a\tb"}`), 422, "conversation[0].name"),
		bad("context checked too", extractPath, with(`"context":[{"role":"user","content":"\u0007"}]`), 422, "context[0].content"),

		// Times.
		bad("30 February", extractPath, said(`{"role":"user","content":"x","timestamp":"2026-02-30T08:00:00Z"}`), 422, "conversation[0].timestamp"),
		bad("hour 25", extractPath, with(`"reference_time":"2026-02-03T25:00:00Z"`), 422, "reference_time"),
		bad("no zone", extractPath, with(`"reference_time":"2026-02-03T08:00:00"`), 422, "reference_time"),
		bad("only a date", searchPath, asks(`"as_of":"2026-02-03"`), 422, "as_of"),
		bad("seconds since 1970", searchPath, asks(`"as_of":1770000000`), 422, "as_of"),
		bad("year 0", searchPath, asks(`"as_of":"0000-01-01T00:00:00Z"`), 422, "as_of"),
		bad("year 10000 in UTC", searchPath, asks(`"as_of":"9999-12-31T23:59:59-14:00"`), 422, "as_of"),
		bad("one digit hour", searchPath, asks(`"as_of":"2026-02-03T8:00:00Z"`), 422, "as_of"),
		bad("offset of 25 hours", searchPath, asks(`"as_of":"2026-02-03T08:00:00+25:00"`), 422, "as_of"),
		bad("comma in seconds", searchPath, asks(`"as_of":"2026-02-03T08:00:00,5Z"`), 422, "as_of"),
		bad("recorded_before before recorded_after", searchPath,
			asks(`"filters":{"recorded_after":"2026-02-03T08:00:00Z","recorded_before":"2026-02-03T08:00:00Z"}`), 422, "filters.recorded_before"),

		// The rest of a request.
		bad("unknown priority", extractPath, with(`"priority":"urgent"`), 422, "priority"),
		bad("nested metadata", extractPath, with(`"metadata":{"a":{"b":1}}`), 422, "metadata.a"),
		bad("null in metadata", extractPath, with(`"metadata":{"a":null}`), 422, "metadata.a"),
		bad("metadata is a list", extractPath, with(`"metadata":[]`), 422, "metadata"),
		bad("metadata over 8 KiB", extractPath, with(`"metadata":{"a":"`+strings.Repeat("x", 8192)+`"}`), 422, "metadata"),
		bad("metadata number out of range", extractPath, with(`"metadata":{"a":1e400}`), 422, "metadata.a"),
		bad("metadata number that is not kept exactly", extractPath, with(`"metadata":{"a":12345678901234567890}`), 422, "metadata.a"),
		bad("metadata name with control character", extractPath, with(`"metadata":{"a\u0001":1}`), 422, `metadata."a\x01"`),
		bad("callback_url is a number", extractPath, with(`"callback_url":7`), 422, "callback_url"),

		// Batch.
		bad("no conversations", batchPath, `{"conversations":[]}`, 422, "conversations"),
		bad("101 conversations", batchPath, `{"conversations":[`+many(101, said(one))+`]}`, 422, "conversations"),
		bad("batch names the inner field", batchPath, `{"conversations":[`+said(one)+`,`+said(`{"role":"x","content":"y"}`)+`]}`, 422, "conversations[1].conversation[0].role"),
		bad("batch repeats a message id", batchPath, `{"conversations":[`+said(`{"id":"m","role":"user","content":"x"},{"id":"m","role":"user","content":"y"}`)+`]}`, 422, "conversations[0].conversation[1].id"),

		// Given facts.
		bad("no facts", factsPath, `{"user_id":"u","facts":[]}`, 422, "facts"),
		bad("1001 facts", factsPath, given(many(1001, `{"text":"x"}`)), 422, "facts"),
		bad("fact without text", factsPath, given(`{"subject":"user"}`), 422, "facts[0].text"),
		bad("fact over 2048 bytes", factsPath, given(`{"text":"`+strings.Repeat("x", 2049)+`"}`), 422, "facts[0].text"),
		bad("predicate with a space", factsPath, given(`{"text":"x","predicate":"has pet"}`), 422, "facts[0].predicate"),
		bad("confidence over 1", factsPath, given(`{"text":"x","confidence":1.01}`), 422, "facts[0].confidence"),
		bad("confidence 0", factsPath, given(`{"text":"x","confidence":0}`), 422, "facts[0].confidence"),
		bad("confidence as a string", factsPath, given(`{"text":"x","confidence":"1"}`), 422, "facts[0].confidence"),
		bad("negated as a string", factsPath, given(`{"text":"x","negated":"no"}`), 422, "facts[0].negated"),
		bad("entity without a name", factsPath, given(`{"text":"x","entities":[{"type":"animal"}]}`), 422, "facts[0].entities[0].name"),
		bad("33 entities", factsPath, given(`{"text":"x","entities":[`+many(33, `{"name":"n"}`)+`]}`), 422, "facts[0].entities"),
		bad("source as an index", factsPath, given(`{"text":"x","sources":[0]}`), 422, "facts[0].sources[0]"),
		bad("valid_to before valid_from", factsPath, given(`{"text":"x","valid_from":"2026-01-02T00:00:00Z","valid_to":"2026-01-01T00:00:00Z"}`), 422, "facts[0].valid_to"),
		bad("language as a word", factsPath, given(`{"text":"x","language":"vietnamese"}`), 422, "facts[0].language"),

		// Search.
		bad("no query", searchPath, `{"user_id":"u"}`, 422, "query"),
		bad("blank query", searchPath, `{"user_id":"u","query":"\t "}`, 422, "query"),
		bad("query over 2048 bytes", searchPath, `{"user_id":"u","query":"`+strings.Repeat("é", 1025)+`"}`, 422, "query"),
		bad("limit 0", searchPath, asks(`"limit":0`), 422, "limit"),
		bad("limit 101", searchPath, asks(`"limit":101`), 422, "limit"),
		bad("limit 1.5", searchPath, asks(`"limit":1.5`), 422, "limit"),
		bad("limit 1e1", searchPath, asks(`"limit":1e1`), 422, "limit"),
		bad("limit as a string", searchPath, asks(`"limit":"10"`), 422, "limit"),
		bad("limit beyond any integer", searchPath, asks(`"limit":99999999999999999999`), 422, "limit"),
		bad("limit negative", searchPath, asks(`"limit":-1`), 422, "limit"),
		bad("messages 51", searchPath, asks(`"messages":51`), 422, "messages"),
		bad("related 21", searchPath, asks(`"related":21`), 422, "related"),
		bad("related -1", searchPath, asks(`"related":-1`), 422, "related"),
		bad("related as a boolean", searchPath, asks(`"related":true`), 422, "related"),
		bad("unknown rerank", searchPath, asks(`"rerank":"LLM"`), 422, "rerank"),
		bad("rerank as a boolean", searchPath, asks(`"rerank":true`), 422, "rerank"),
		bad("deadline 4", searchPath, asks(`"deadline_ms":4`), 422, "deadline_ms"),
		bad("deadline 10001", searchPath, asks(`"deadline_ms":10001`), 422, "deadline_ms"),
		bad("min_score 1.1", searchPath, asks(`"min_score":1.1`), 422, "min_score"),
		bad("min_score 1e999", searchPath, asks(`"min_score":1e999`), 422, "min_score"),
		bad("unknown mode", searchPath, asks(`"mode":"fuzzy"`), 422, "mode"),
		bad("unknown cache", searchPath, asks(`"cache":"on"`), 422, "cache"),
		bad("explain as a number", searchPath, asks(`"explain":1`), 422, "explain"),
		bad("filters as a list", searchPath, asks(`"filters":[]`), 422, "filters"),
		bad("categories as a string", searchPath, asks(`"filters":{"categories":"pets"}`), 422, "filters.categories"),
		bad("number among categories", searchPath, asks(`"filters":{"categories":["pets",3]}`), 422, "filters.categories[1]"),
		bad("min_confidence -0.1", searchPath, asks(`"filters":{"min_confidence":-0.1}`), 422, "filters.min_confidence"),
	}
}

func badRequests() []badInput {
	const id = "7d0f1b5a-439e-4c0e-9b2f-70696b610001"
	body := said(`{"role":"user","content":"hi"}`)
	return []badInput{
		{name: "form", method: "POST", target: extractPath, body: body, status: 415, code: pika.MediaType, header: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{name: "UTF-16", method: "POST", target: factsPath, body: body, status: 415, code: pika.MediaType, header: []string{"Content-Type", "application/json; charset=utf-16"}},
		{name: "no type", method: "POST", target: searchPath, body: body, status: 415, code: pika.MediaType, header: []string{"Content-Type", ""}},
		{name: "gzip", method: "POST", target: searchPath, body: body, status: 415, code: pika.MediaType, header: []string{"Content-Encoding", "gzip"}},
		{name: "1 MiB and a byte", method: "POST", target: extractPath, body: strings.Repeat(" ", 1<<20+1), status: 413, code: pika.TooLarge},
		{name: "too many values", method: "POST", target: searchPath, body: "[" + many(260_000, "1") + "]", status: 413, code: pika.TooLarge},
		{name: "unknown path", method: "GET", target: "/v2/extract_facts", status: 404, code: pika.NotFound},
		{name: "trailing slash", method: "POST", target: extractPath + "/", body: body, status: 404, code: pika.NotFound},
		{name: "wrong method", method: "GET", target: extractPath, status: 405, code: pika.Method},
		{name: "made-up method", method: "BREW", target: searchPath, status: 405, code: pika.Method},
		{name: "made-up method, unknown path", method: "BREW", target: "/tea", status: 404, code: pika.NotFound},
		{name: "unknown parameter", method: "POST", target: extractPath + "?dryrun=true", body: body, status: 422, code: pika.Invalid, field: "dryrun"},
		{name: "dry_run is not a boolean", method: "POST", target: extractPath + "?dry_run=yes", body: body, status: 422, code: pika.Invalid, field: "dry_run"},
		{name: "parameter twice", method: "GET", target: "/v1/jobs?limit=1&limit=2", status: 422, code: pika.Invalid, field: "limit"},
		{name: "broken query", method: "GET", target: "/v1/jobs?user_id=%zz", status: 400, code: pika.Invalid, field: "query"},
		{name: "query not UTF-8", method: "GET", target: "/v1/jobs?user_id=%ff", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "page of 0", method: "GET", target: "/v1/jobs?limit=0", status: 422, code: pika.Invalid, field: "limit"},
		{name: "page of 1001", method: "GET", target: "/v1/facts?user_id=u&limit=1001", status: 422, code: pika.Invalid, field: "limit"},
		{name: "page of many", method: "GET", target: "/v1/jobs?limit=many", status: 422, code: pika.Invalid, field: "limit"},
		{name: "page of nothing", method: "GET", target: "/v1/jobs?limit=", status: 422, code: pika.Invalid, field: "limit"},
		{name: "unknown status", method: "GET", target: "/v1/jobs?status=done", status: 422, code: pika.Invalid, field: "status"},
		{name: "facts of nobody", method: "GET", target: "/v1/facts", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "wait over 30 s", method: "GET", target: "/v1/jobs/" + id + "/status?wait_ms=30001", status: 422, code: pika.Invalid, field: "wait_ms"},
		{name: "wait below 0", method: "GET", target: "/v1/jobs/" + id + "/status?wait_ms=-1", status: 422, code: pika.Invalid, field: "wait_ms"},
		{name: "path id ..", method: "GET", target: "/v1/facts/%2e%2e", status: 422, code: pika.Invalid, field: "id"},
		{name: "path id . plain", method: "DELETE", target: "/v1/facts/.", status: 422, code: pika.Invalid, field: "id"},
		{name: "path id with NUL", method: "GET", target: "/v1/facts/a%00b", status: 422, code: pika.Invalid, field: "id"},
		{name: "path id not UTF-8", method: "GET", target: "/v1/jobs/%ff/status", status: 422, code: pika.Invalid, field: "job_id"},
		{name: "path id over 256 bytes", method: "GET", target: "/v1/batches/" + strings.Repeat("a", 257), status: 422, code: pika.Invalid, field: "batch_id"},
		{name: "path id with a slash", method: "GET", target: "/v1/facts/a%2Fb", status: 404, code: pika.NotFound},
		{name: "guessed id", method: "DELETE", target: "/v1/facts/1", status: 404, code: pika.NotFound},
		{name: "context of 0 tokens", method: "GET", target: contextPath + "?max_tokens=0", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of 32001 tokens", method: "GET", target: contextPath + "?max_tokens=32001", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of -1 tokens", method: "GET", target: contextPath + "?max_tokens=-1", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of many tokens", method: "GET", target: contextPath + "?max_tokens=many", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of 1e3 tokens", method: "GET", target: contextPath + "?max_tokens=1e3", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of no tokens", method: "GET", target: contextPath + "?max_tokens=", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context of tokens beyond any integer", method: "GET", target: contextPath + "?max_tokens=99999999999999999999", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context with tokens twice", method: "GET", target: contextPath + "?max_tokens=1&max_tokens=2", status: 422, code: pika.Invalid, field: "max_tokens"},
		{name: "context for an empty query", method: "GET", target: contextPath + "?query=", status: 422, code: pika.Invalid, field: "query"},
		{name: "context for a blank query", method: "GET", target: contextPath + "?query=%20%09", status: 422, code: pika.Invalid, field: "query"},
		{name: "context for a query over 2048 bytes", method: "GET", target: contextPath + "?query=" + strings.Repeat("a", 2049), status: 422, code: pika.Invalid, field: "query"},
		{name: "context for a query with NUL", method: "GET", target: contextPath + "?query=a%00", status: 422, code: pika.Invalid, field: "query"},
		{name: "context for a query not UTF-8", method: "GET", target: contextPath + "?query=%ff", status: 422, code: pika.Invalid, field: "query"},
		{name: "context with an unknown parameter", method: "GET", target: contextPath + "?limit=3", status: 422, code: pika.Invalid, field: "limit"},
		{name: "context of user ..", method: "GET", target: "/v1/users/%2e%2e/context", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "context of a user with NUL", method: "GET", target: "/v1/users/a%00b/context", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "context of a user not UTF-8", method: "GET", target: "/v1/users/%ff/context", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "context of a user over 256 bytes", method: "GET", target: "/v1/users/" + strings.Repeat("a", 257) + "/context", status: 422, code: pika.Invalid, field: "user_id"},
		{name: "context by POST", method: "POST", target: contextPath, body: "{}", status: 405, code: pika.Method},
		{name: "empty key", method: "POST", target: extractPath, body: body, status: 422, code: pika.Invalid, field: "Idempotency-Key", header: []string{"Idempotency-Key", ""}},
		{name: "key of 256 bytes", method: "POST", target: extractPath, body: body, status: 422, code: pika.Invalid, field: "Idempotency-Key", header: []string{"Idempotency-Key", strings.Repeat("k", 256)}},
		{name: "key with a space", method: "POST", target: batchPath, body: `{"conversations":[` + body + `]}`, status: 422, code: pika.Invalid, field: "Idempotency-Key", header: []string{"Idempotency-Key", "a b"}},
		{name: "two keys", method: "POST", target: factsPath, body: given(`{"text":"x"}`), status: 422, code: pika.Invalid, field: "Idempotency-Key", header: []string{"Idempotency-Key", "a", "Idempotency-Key", "b"}},
		{name: "foreign host", method: "POST", target: extractPath, body: body, status: 403, code: pika.Forbidden, header: []string{"Host", "evil.example:8080"}},
		{name: "foreign host like ours", method: "GET", target: "/v1/jobs", status: 403, code: pika.Forbidden, header: []string{"Host", "localhost.evil.example"}},
		{name: "callback_url", method: "POST", target: extractPath, body: with(`"callback_url":"https://x.example/"`), status: 501, code: pika.Unimplemented},
		{name: "callback_url in a batch", method: "POST", target: batchPath, body: `{"conversations":[` + with(`"callback_url":""`) + `]}`, status: 501, code: pika.Unimplemented},
		{name: "dry_run without an extractor", method: "POST", target: extractPath + "?dry_run=true", body: body, status: 501, code: pika.Unimplemented},
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for i, c := range append(badBodies(), badRequests()...) {
		t.Run(fmt.Sprintf("%d %s", i, c.name), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := wantProblem(t, b.send(c.method, c.target, c.body, c.header...), c.status, c.code)
			switch {
			case c.field == "" && len(p.Errors) > 0:
				t.Errorf("errors = %v; want none", p.Errors)
			case c.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != c.field):
				t.Errorf("errors = %v; want the field %s first", p.Errors, c.field)
			case c.field != "" && p.Errors[0].Message == "":
				t.Error("the field's message is empty")
			}
			if n := len(b.engine.requests()) + len(b.queries()) + len(b.forgot); n > 0 {
				t.Errorf("%d things were started; want none", n)
			}
		})
	}
}

// Values right at a limit, and forms that are unusual but right.
func TestGoodInput(t *testing.T) {
	t.Parallel()
	const one = `{"role":"user","content":"hi"}`
	for _, c := range []struct{ name, target, body string }{
		{"200 messages and 200 of context", extractPath, `{"user_id":"u","conversation":[` + many(200, one) + `],"context":[` + many(200, one) + `]}`},
		{"32768 bytes", extractPath, said(`{"role":"tool","content":"` + strings.Repeat("é", 16_384) + `"}`)},
		{"layout characters", extractPath, said(`{"role":"system","content":"a\tb\r\nc"}`)},
		{"surrogate pair", extractPath, said(`{"role":"user","content":"\ud83d\ude00"}`)},
		{"escaped replacement character", extractPath, said(`{"role":"user","content":"\ufffd"}`)},
		{"ids of 256 bytes", extractPath, `{"user_id":"` + strings.Repeat("é", 128) + `","conversation":[` + one + `]}`},
		{"optional members null", extractPath, with(`"conversation_id":null,"context":null,"reference_time":null,"metadata":null,"callback_url":null,"priority":null`)},
		{"message members null", extractPath, said(`{"id":null,"role":"user","name":null,"content":"x","timestamp":null}`)},
		{"metadata of all kinds", extractPath, with(`"metadata":{"a":"x","b":-1.5e3,"c":true,"d":9007199254740992}`)},
		{"times with zones and fractions", extractPath, with(`"reference_time":"2026-11-01T08:00:00.123456789+07:00"`)},
		{"year 1", searchPath, asks(`"as_of":"0001-01-01T00:00:00Z"`)},
		{"the contract's example", searchPath, `{"user_id":"u1","query":"thú cưng của tôi","limit":10,"as_of":null,"include_superseded":false,
 "filters":{"categories":[],"predicates":[],"entities":[],"languages":[],"conversation_id":null,"metadata":{},"recorded_after":null,"recorded_before":null,"min_confidence":0},
 "mode":"hybrid","rerank":"none","related":0,"messages":0,"min_score":0,"deadline_ms":80,"cache":"default","explain":false}`},
		{"limits", searchPath, asks(`"limit":100,"messages":50,"deadline_ms":10000,"min_score":1,"filters":{"min_confidence":1}`)},
		{"all that may be asked beside", searchPath, asks(`"rerank":"llm","related":20`)},
		{"only text", factsPath, given(`{"text":"x"}`)},
		{"1000 facts", factsPath, given(many(1000, `{"text":"x"}`))},
		{"a fact with everything", factsPath, given(`{"text":"x","subject":"Linh","predicate":"has_pet","object":"Mướp","category":"pets","entities":[{"name":"Mướp","type":"animal"}],
 "sources":[{"conversation_id":"c","message_id":"m"}],"valid_from":"2026-01-01T00:00:00Z","valid_to":"2026-01-02T00:00:00Z","negated":true,"confidence":0.001,"language":"zh-Hant","metadata":{"a":1}}`)},
		{"100 conversations", batchPath, `{"conversations":[` + many(100, said(one)) + `]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t).send("POST", c.target, c.body)
			if w.Code != 202 && w.Code != 200 {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *gateway.Config) { c.Hosts = []string{"Pika.Internal:8080"} })
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:1": 200, "app.localhost:80": 200, "127.0.0.1:8080": 200, "127.9.9.9": 200, "[::1]:8080": 200, "[::1]": 200,
		"pika.internal:8080": 200, "Pika.Internal.": 200, "": 403, "10.0.0.1": 403, "evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403,
	} {
		if got := b.send("GET", "/healthz", "", "Host", host).Code; got != want {
			t.Errorf("Host %q: status %d; want %d", host, got, want)
		}
	}
}

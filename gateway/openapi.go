package gateway

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

const mediaJSON = "application/json"

// apiConfig is huma's configuration: the document only. Bodies are read, checked and
// answered by this package, so huma needs neither formats nor pages of its own.
func (s *server) apiConfig() huma.Config {
	return huma.Config{OpenAPI: &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Pika", Version: s.Version,
			Description: "Long-term memory for AI assistants. Lengths of strings count bytes of UTF-8. " +
				"A member that is not required may be null; that means it is not given. Errors are RFC 9457 problem documents. " +
				"Everything under /v1 acts for the tenant of the API key.",
		},
		Components: &huma.Components{
			Schemas: s.registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{securityScheme: {
				Type: "http", Scheme: "bearer",
				Description: "An API key of Pika (`pika keys create`). `pika dev` on a loopback address needs none.",
			}},
		},
	}}
}

// securityScheme is the name of the one scheme in the document.
const securityScheme = "key"

// security says which key an operation needs; nil: none.
func security(needed role) []map[string][]string {
	if needed == roleNone {
		return nil
	}
	return []map[string][]string{{securityScheme: {needed.String()}}}
}

// embeds names the schemas that hold all members of another one.
var embeds = map[string]string{"JobStatus": "JobHead", "FactView": "FactFields", "FactHit": "FactFields", "MadeKey": "KeyView"}

// nullable names the members of answers that are an object or null.
var nullable = [][2]string{
	{"JobHead", "error"},
	{"JobStatus", "results"},
	{"FactHit", "explain"},
	{"Explanation", "vector"},
	{"Explanation", "keyword"},
	{"Explanation", "graph"},
}

// finishSchemas writes into the schemas what Go's types cannot say. It comes after
// every operation was described and before the first request.
func (s *server) finishSchemas() {
	s.schema(jobHead{})
	s.schema(factFields{})
	schemas := s.registry.Map()
	for _, n := range nullable {
		properties := schemas[n[0]].Properties
		properties[n[1]] = &huma.Schema{
			Description: properties[n[1]].Description,
			AnyOf:       []*huma.Schema{{Ref: properties[n[1]].Ref}, {Type: "null"}},
		}
	}
	for whole, part := range embeds {
		for name, property := range schemas[part].Properties {
			schemas[whole].Properties[name] = property
		}
		schemas[whole].Required = append(schemas[whole].Required, schemas[part].Required...)
		slices.Sort(schemas[whole].Required)
	}
	for _, r := range rules {
		r.apply(target(schemas[r.schema], r.member))
	}
	schemas["SearchRequest"].Properties["deadline_ms"].Default = s.DefaultDeadline.Milliseconds()
	schemas["Explanation"].Properties["addends"].Description = "What each leg and each rule of the ranking gave to the strength, by name; fused is the score of their sum"
	s.openToGrowth()
}

// target finds a member of a schema; name[] is the items of a list.
func target(s *huma.Schema, member string) *huma.Schema {
	name, items := strings.CutSuffix(member, "[]")
	if items {
		return s.Properties[name].Items
	}
	return s.Properties[name]
}

// openToGrowth lets answers hold more members than a client knows; requests stay closed.
func (s *server) openToGrowth() {
	closed := map[*huma.Schema]bool{}
	for _, schema := range s.schemas {
		s.collect(schema, closed)
	}
	for _, schema := range s.registry.Map() {
		if closed[schema] {
			continue
		}
		schema.AdditionalProperties = nil
		for _, property := range schema.Properties {
			if property.Type == huma.TypeArray {
				property.Nullable = false // answers hold [], never null
			}
		}
	}
}

// collect adds a schema and all it refers to; what is optional in it may be null.
func (s *server) collect(schema *huma.Schema, into map[*huma.Schema]bool) {
	if schema.Ref != "" {
		schema = s.registry.SchemaFromRef(schema.Ref)
	}
	if into[schema] {
		return
	}
	into[schema] = true
	for name, property := range schema.Properties {
		property.Nullable = property.Ref == "" && !slices.Contains(schema.Required, name)
		if property.Nullable && len(property.Enum) > 0 {
			property.Nullable = false // an enum would have to list null too
		}
		s.collect(property, into)
	}
	if schema.Items != nil {
		s.collect(schema.Items, into)
	}
}

// document renders the OpenAPI document once.
func document(api huma.API) []byte {
	body, err := json.MarshalIndent(api.OpenAPI(), "", " ")
	if err != nil {
		panic(err) // the document is built from this package's own types
	}
	return body
}

func statusName(status int) string { return strconv.Itoa(status) }

// pathParams describes the {names} in a path.
func pathParams(path string) []*huma.Param {
	var params []*huma.Param
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			params = append(params, &huma.Param{
				Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: textSchema(1, pika.MaxIDBytes, formatID),
			})
		}
	}
	return params
}

func idempotencyParam() *huma.Param {
	return &huma.Param{
		Name: headerIdempotencyKey, In: "header", Schema: textSchema(1, pika.MaxIdempotencyKeyBytes, ""),
		Description: "The same key with the same body answers the same job, with another body 409",
	}
}

func queryParam(name, description string, schema *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: description, Schema: schema}
}

func textSchema(low, high int, format string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, MinLength: &low, MaxLength: &high, Format: format}
}

func boolSchema() *huma.Schema { return &huma.Schema{Type: huma.TypeBoolean, Default: false} }

func intSchema(low, high float64, otherwise int) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &low, Maximum: &high, Default: otherwise}
}

func required(p *huma.Param) *huma.Param {
	p.Required = true
	return p
}

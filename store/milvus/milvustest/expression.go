package milvustest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// condition is one comparison of a field with text.
type condition struct {
	field    string
	operator string
	texts    []string // one, or those of a list
}

// parse reads comparisons joined by "and": the part of Milvus' language that package
// milvus speaks. Anything else is an error, so that what a quote let out is seen.
func parse(expression string) ([]condition, error) {
	var all []condition
	for rest := strings.TrimSpace(expression); rest != ""; {
		c, after, err := parseCondition(rest)
		if err != nil {
			return nil, fmt.Errorf("cannot parse expression: %w", err)
		}
		all = append(all, c)
		rest = strings.TrimSpace(after)
		if rest == "" {
			break
		}
		more, ok := strings.CutPrefix(rest, "and ")
		if !ok {
			return nil, fmt.Errorf("cannot parse expression: after a condition comes %q", rest)
		}
		rest = strings.TrimSpace(more)
	}
	return all, nil
}

var operators = []string{"==", "!=", ">=", "<=", ">", "<", "in"}

func parseCondition(s string) (condition, string, error) {
	field, rest, ok := strings.Cut(s, " ")
	if !ok {
		return condition{}, "", fmt.Errorf("no operator after %q", s)
	}
	for _, operator := range operators {
		operand, ok := strings.CutPrefix(rest, operator+" ")
		if !ok {
			continue
		}
		c := condition{field: field, operator: operator}
		var err error
		if operator == "in" {
			c.texts, rest, err = parseList(operand)
			return c, rest, err
		}
		text, rest, err := parseText(operand)
		c.texts = []string{text}
		return c, rest, err
	}
	return condition{}, "", fmt.Errorf("no operator in %q", s)
}

func parseText(s string) (text, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", fmt.Errorf("no text at %q: %w", s, err)
	}
	text, err = strconv.Unquote(quoted)
	return text, s[len(quoted):], err
}

func parseList(s string) (texts []string, rest string, err error) {
	rest, ok := strings.CutPrefix(s, "[")
	for ok && !strings.HasPrefix(rest, "]") {
		var text string
		if text, rest, err = parseText(rest); err != nil {
			return nil, "", err
		}
		texts = append(texts, text)
		rest = strings.TrimPrefix(rest, ",")
	}
	rest, closed := strings.CutPrefix(rest, "]")
	if !ok || !closed {
		return nil, "", fmt.Errorf("no list at %q", s)
	}
	return texts, rest, nil
}

func (c condition) holds(values map[string]any) bool {
	value, ok := values[c.field].(string)
	if !ok {
		return false
	}
	switch c.operator {
	case "==":
		return value == c.texts[0]
	case "!=":
		return value != c.texts[0]
	case ">=":
		return value >= c.texts[0]
	case "<=":
		return value <= c.texts[0]
	case ">":
		return value > c.texts[0]
	case "<":
		return value < c.texts[0]
	}
	return slices.Contains(c.texts, value)
}

package truth

// ParseCursor reports whether a cursor is taken, and what it reads as.
func ParseCursor(cursor string) (again string, ok bool) {
	p, ok := parseCursor(cursor, FactList)
	return p.cursor(FactList), ok
}

package api

import (
	"cmp"
	"context"
	"strings"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Those who may not export see so many items at once, and go beyond the first page
// only of what they looked for by that many letters.
const (
	firstOnly = 50
	leastWord = 3
)

// exports tells whether the caller may take contacts out in bulk.
func (c Claims) exports(s domain.Settings) bool { return c.may(cmp.Or(s.ExportRole, Operator)) }

func notExported() error { return fault.New(fault.Forbidden, "exportNeeded") }

// mayExport refuses those who may not export.
func (s *server) mayExport(ctx context.Context, c Claims) error {
	cat, err := s.catalogue(ctx, c.Institution)
	if err == nil && !c.exports(cat.Settings) {
		err = notExported()
	}
	return err
}

// A look is one answer with contacts' data.
type look struct {
	s        *server
	c        Claims
	settings domain.Settings
	limit    int
}

// look refuses another page than the first to those who may not export and look for
// nothing, and bounds it.
func (s *server) look(ctx context.Context, c Claims, q string, limit int, cursor string) (look, error) {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return look{}, err
	}
	if !c.exports(cat.Settings) {
		if cursor != "" && utf8.RuneCountInString(strings.TrimSpace(q)) < leastWord {
			return look{}, notExported()
		}
		limit = min(limit, firstOnly)
	}
	return look{s, c, cat.Settings, limit}, nil
}

// at counts what those are about to see who may not export, and refuses it past
// their limit.
func (l look) at(ctx context.Context, contacts int) error {
	if contacts == 0 || l.c.exports(l.settings) {
		return nil
	}
	return l.s.takeMany(ctx, l.c, l.settings, contactsADay, contacts)
}

// paged answers a page of items with contacts' data.
func paged[T any](ctx context.Context, s *server, c Claims, q string, limit int, cursor string, get func(limit int) (*listed[T], error)) (*listed[T], error) {
	l, err := s.look(ctx, c, q, limit, cursor)
	if err != nil {
		return nil, err
	}
	out, err := get(l.limit)
	if err != nil {
		return nil, err
	}
	return out, l.at(ctx, len(out.Body.Items))
}

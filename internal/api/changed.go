package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// updatedSinceDoc is what the description says of it.
const updatedSinceDoc = "With updatedSince, the contacts that were made, changed, deleted or brought back since then, in the order in which that was noted (updatedAt), each as it is now; a deleted one is {number, deleted: true}. " +
	"Turn all pages, then ask the next time with nextUpdatedSince of the last one. It lies three minutes back, for what was being written: what changed then, or changes while pages are turned, is told again, and nothing is left out. " +
	"Changes are kept for 90 days: with a time before that, or before this version was in use, all contacts are told, with those deleted since then, in no order and without updatedAt. So a copy begins with updatedSince=1970-01-01T00:00:00Z."

// listedContact is a contact of a list.
type listedContact struct {
	Number domain.ContactNumber `json:"number" example:"0012345"`
	Person
	Criteria       map[string]any        `json:"criteria" doc:"By code; an absent criterion is empty."`
	Authorisations map[string]any        `json:"authorisations" doc:"By code, all of them: true, false or \"empty\"."`
	Provenance     map[string]provenance `json:"provenance" doc:"By code: where the value came from."`

	UpdatedAt *time.Time `json:"updatedAt,omitempty" doc:"With updatedSince: when the change was noted."`
	Deleted   bool       `json:"deleted,omitempty" doc:"With updatedSince: it was deleted, and has nothing but its number."`
}

// contactPage is one page of contacts.
type contactPage struct {
	Items            []listedContact `json:"items"`
	NextCursor       string          `json:"nextCursor" doc:"Pass it as cursor for the next page; empty on the last one."`
	NextUpdatedSince *time.Time      `json:"nextUpdatedSince,omitempty" doc:"On the last page of a list with updatedSince: what to pass as updatedSince the next time."`
}

func inList(c contact) listedContact {
	return listedContact{Number: c.Number, Person: c.Person, Criteria: c.Criteria, Authorisations: c.Authorisations, Provenance: c.Provenance}
}

type contactList struct{ Body contactPage }

func (s *server) listContacts(ctx context.Context, c Claims, in *searchInput) (*contactList, error) {
	if !in.UpdatedSince.IsZero() {
		return s.changedContacts(ctx, c, in)
	}
	found, err := paged(ctx, s, c, in.Q, in.Limit, in.Cursor, func(limit int) (*listed[contact], error) {
		return s.findContacts(ctx, c, "query.q", in.Q, limit, in.Cursor)
	})
	if err != nil {
		return nil, err
	}
	out := &contactList{contactPage{Items: make([]listedContact, 0, len(found.Body.Items)), NextCursor: found.Body.NextCursor}}
	for _, i := range found.Body.Items {
		out.Body.Items = append(out.Body.Items, inList(i))
	}
	return out, nil
}

// changedContacts answers a page of what changed. Each time that somebody begins
// to take a copy is remembered.
func (s *server) changedContacts(ctx context.Context, c Claims, in *searchInput) (*contactList, error) {
	if strings.TrimSpace(in.Q) != "" {
		return nil, fault.At("query.q", "invalid.searchAndSince")
	}
	l, err := s.look(ctx, c, "", in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	for limit := l.limit; ; limit = max(1, limit/2) {
		found, err := s.Contacts.Changed(ctx, c.Institution, in.UpdatedSince, limit, in.Cursor)
		if err != nil {
			return nil, err
		}
		out, seen := &contactList{contactPage{Items: make([]listedContact, 0, len(found.Items)), NextCursor: found.Next, NextUpdatedSince: timeOf(found.Until)}}, 0
		for _, i := range found.Items {
			shown := inList(showContact(domain.Contact{Number: i.Number}, &domain.Catalogue{}))
			if i.Contact != nil {
				shown = inList(showContact(*i.Contact, cat))
				seen++
			}
			shown.UpdatedAt, shown.Deleted = timeOf(i.At), i.Contact == nil
			out.Body.Items = append(out.Body.Items, shown)
		}
		b, err := json.Marshal(out.Body)
		if err != nil {
			return nil, err
		}
		if len(b) > maxPage && len(found.Items) > 1 {
			continue
		}
		if in.Cursor == "" {
			e := s.entry(ctx, c, "findContacts")
			e.Details = map[string]string{"updatedSince": in.UpdatedSince.UTC().Format(time.RFC3339)}
			if err := s.Audit.Append(ctx, c.Institution, *e); err != nil {
				return nil, err
			}
		}
		return out, l.at(ctx, seen)
	}
}

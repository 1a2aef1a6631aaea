package api

import (
	"context"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

type contactDelete struct {
	NumberPath
	Conditional
	Erase string `query:"erase" enum:"now" doc:"now erases the contact at once and for good, also one that was deleted before. Needs the group admin."`
}

func (s *server) deleteContact(ctx context.Context, c Claims, in *contactDelete) (*struct{}, error) {
	if in.Erase == "now" && !c.may(Admin) {
		return nil, fault.New(fault.Forbidden, "forbidden.group", Admin)
	}
	got, err := s.contact(ctx, c, in.Number)
	if err != nil && fault.KindOf(err) == fault.NotFound && in.Erase == "now" && in.IfMatch == "" {
		return nil, s.eraseHidden(ctx, c, in.Number)
	}
	if err != nil {
		return nil, err
	}
	if err := in.check(true, values(got)); err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	if err := s.take(ctx, c, cat.Settings, deletions); err != nil {
		return nil, err
	}
	if in.Erase == "now" {
		note(ctx, func(e *domain.Audited) { e.Details = map[string]string{"erase": "now"} })
		return nil, s.Contacts.Delete(ctx, c.Institution, got.Number)
	}
	for try := 0; ; try++ {
		// Before the contact is hidden, so that it can be brought back whatever
		// happens in between.
		_, err := s.Removed.Change(s.Audit.Alone(ctx), c.Institution, in.Number, func(r *domain.Removed) error {
			*r = domain.Removed{Contact: got, RemovedAt: s.Now().UTC(), RemovedBy: c.who()}
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = s.Contacts.Hide(ctx, c.Institution, got)
		if err == nil || fault.KindOf(err) != fault.Conflict || in.IfMatch != "" || try == races {
			return nil, err
		}
		if got, err = s.contact(ctx, c, in.Number); err != nil {
			return nil, err
		}
	}
}

// deletedContact is as much of a deleted contact as it takes to recognise it.
type deletedContact struct {
	Number      string    `json:"number" example:"0012345"`
	Email       string    `json:"email,omitempty"`
	Title       string    `json:"title,omitempty"`
	FirstName   string    `json:"firstName,omitempty"`
	LastName    string    `json:"lastName,omitempty"`
	DeletedAt   time.Time `json:"deletedAt"`
	DeletedBy   string    `json:"deletedBy" doc:"The e-mail address at the time, or the key's name."`
	DeletedByID string    `json:"deletedById"`
	ErasedAt    time.Time `json:"erasedAt" doc:"When it can no longer be restored."`
}

func showDeleted(r domain.Removed) deletedContact {
	var p Person
	p.each(func(f domain.Field, v *string) { *v = string(r.Contact.Get(f)) })
	return deletedContact{string(r.Contact.Number), p.Email, p.Title, p.FirstName, p.LastName, r.RemovedAt, r.RemovedBy.Name(), r.RemovedBy.ID(), r.Due()}
}

func (s *server) deletedContacts(ctx context.Context, c Claims, in *Paging) (*listed[deletedContact], error) {
	return list(in.Limit, func(limit int) ([]domain.Removed, string, error) {
		return s.Removed.List(ctx, c.Institution, limit, in.Cursor)
	}, showDeleted)
}

// eraseHidden erases a contact that was deleted before.
func (s *server) eraseHidden(ctx context.Context, c Claims, number string) error {
	r, err := get(ctx, s.Removed, c, number)
	if err != nil {
		return err
	}
	if err := s.Contacts.Forget(ctx, c.Institution, r.Contact.Number); err != nil {
		return err
	}
	return s.Removed.Delete(ctx, c.Institution, number)
}

// restoreContact brings a deleted contact back as it was.
func (s *server) restoreContact(ctx context.Context, c Claims, in *NumberPath) (*contactAnswer, error) {
	r, err := get(ctx, s.Removed, c, in.Number)
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	err = s.Contacts.Restore(ctx, c.Institution, r.Contact)
	if err != nil && fault.KindOf(err) != fault.Conflict {
		return nil, err
	}
	// Again, after a call that broke off here: it is back already.
	stored, err := s.Contacts.Get(ctx, c.Institution, r.Contact.Number)
	if err != nil {
		return nil, err
	}
	if err := s.Removed.Delete(s.Audit.Alone(ctx), c.Institution, in.Number); err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	return &contactAnswer{200, tag(values(stored)), showContact(stored, cat)}, nil
}

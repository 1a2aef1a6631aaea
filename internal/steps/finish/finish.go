// Package finish is the step that ends an import, however it went: it merges
// the results of the chunks in the order of the file, settles the account,
// writes the result files, sets the status and sends the mail. It comes after
// success and after every failure, may be run again at any point, and then
// writes the same and sends no second mail.
package finish

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/importing/account"
	"rollbook/internal/importing/compare"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
)

// Jobs is what the step needs of the imports.
type Jobs interface {
	account.Chunks
	FreeSlot(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket) error
	Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
}

// Mappings keeps what was said of the columns of files.
type Mappings interface {
	Change(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Mapping) error) (domain.Mapping, error)
}

// Contacts is what the step needs of the contacts.
type Contacts interface {
	compare.Store
	account.Histories
}

// Mailer sends one mail.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Step finishes imports.
type Step struct {
	Contacts  Contacts
	Catalogue account.Catalogue
	Jobs      Jobs
	Mappings  Mappings
	Files     account.Files
	Mail      Mailer
	Letter    func(_ domain.Import, institution string) mail.Message // what the mail says, without its address
	Log       *slog.Logger
	// Count adds to a metric: UnprocessedRows, those of imports that nobody
	// cancelled, and SettledChunks, those that left no results.
	Count func(metric string, n int)
	Now   func() time.Time
}

// Run finishes one import. Running it again says the same and sends no second
// mail.
func (s *Step) Run(ctx context.Context, in flow.Finish) error {
	if err := in.Check(); err != nil {
		return err
	}
	imp, err := s.Jobs.Import(ctx, in.Institution, in.Import)
	if err != nil {
		return err
	}
	if in.Round != imp.Round {
		return nil // the import was resumed since: its other round ends it
	}
	if !imp.Status.Final() {
		end, err := s.settle(ctx, &imp)
		if err != nil {
			return err
		}
		var closed bool
		imp, err = s.Jobs.ChangeImport(ctx, in.Institution, in.Import, func(i *domain.Import) error {
			if closed = !in.Over(i); !closed {
				return nil
			}
			i.Status, i.Counts, i.Problem = end.Status, end.Counts, end.Problem
			i.Warnings, i.Problems, i.ProblemsAll = end.Warnings, end.Problems, end.ProblemsAll
			i.Fields, i.Files, i.Accounted, i.Account = end.Fields, end.Files, end.Accounted, end.Account
			i.FinishedAt = s.Now().UTC()
			return nil
		})
		if err != nil {
			return err
		}
		if closed && imp.Status != domain.Cancelled {
			s.Count("UnprocessedRows", imp.Counts.Unprocessed)
		}
	}
	if !imp.Ticket.None() {
		if err := s.free(ctx, &imp); err != nil {
			return err
		}
	}
	if err := s.mail(ctx, &imp); err != nil {
		return err
	}
	return s.learn(ctx, &imp)
}

// learn remembers what a done update's file teaches about files with its headers.
// Later imports are not forgotten for an earlier one that is finished again.
func (s *Step) learn(ctx context.Context, imp *domain.Import) error {
	if imp.Action != domain.Update || imp.Status != domain.Done || imp.OfKind == domain.UndoOf || imp.Learnt.Mapping == "" {
		return nil
	}
	_, err := s.Mappings.Change(ctx, imp.Institution, imp.Learnt.Mapping, func(m *domain.Mapping) error {
		if m.UsedAt.After(imp.FinishedAt) {
			return nil
		}
		if m.CreatedAt.IsZero() {
			m.ID, m.DataType, m.CreatedAt = imp.Learnt.Mapping, imp.DataType, imp.FinishedAt
		}
		m.Columns, m.Reading = imp.Learnt.Columns, imp.Learnt.Reading
		m.Import, m.UsedAt, m.UsedBy = imp.ID, imp.FinishedAt, imp.CreatedBy
		return nil
	})
	return err
}

// settle works out how the import ended and writes its files.
func (s *Step) settle(ctx context.Context, imp *domain.Import) (domain.Import, error) {
	end := *imp
	rounds, err := flow.LoadRounds(ctx, s.Files, imp.Institution, imp.ID, imp.Round)
	if err != nil {
		return end, err
	}
	switch {
	case len(rounds) == 0 && imp.Checked():
		// The round ended before it began: what was accounted for stays.
		end.Status, end.Problem = ended(imp, imp.Counts)
		return end, nil
	case len(rounds) == 0:
		end.Status, end.Problem = unchecked(imp)
		end.Files = []string{flow.Original}
		return end, nil
	}
	plan := rounds[len(rounds)-1]
	end.Accounted, end.Account, end.Files = imp.Round, uuid.NewString()[:8], []string{flow.Original}
	end.Warnings = slices.Clone(plan.Warnings)
	if plan.Problem != nil {
		end.Status, end.Problem = domain.Rejected, plan.Problem
		return end, nil
	}
	m, err := s.merge(ctx, &end, rounds)
	if err != nil {
		return end, err
	}
	if imp.Action == domain.Update {
		if err := s.Contacts.TakeOutErased(ctx, imp.Institution, imp.ID, imp.Round, len(plan.Chunks)); err != nil {
			return end, err
		}
	}
	end.Counts = m.sum.Counts
	if c := m.sum.Counts; c.Created > 0 && c.Updated+c.Unchanged+c.Conflicted == 0 {
		// A list of new people overwrites nothing.
		m.sum.NotCompared = nil
		end.Warnings = slices.DeleteFunc(end.Warnings, func(w domain.Warning) bool { return w.Code == "notCompared" })
	}
	end.Warnings = append(end.Warnings, m.warnings()...)
	end.Problems, end.ProblemsAll = m.problems.First, m.problems.Count
	if end.Fields, err = m.fields(); err != nil {
		return end, err
	}
	end.Files = append(end.Files, m.files...)
	if plan.Corrected {
		end.Files = append(end.Files, flow.Corrected)
	}
	end.Status, end.Problem = ended(imp, end.Counts)
	return end, nil
}

// unchecked is how an import ends whose check never came to an end, so that
// nothing was written.
func unchecked(imp *domain.Import) (domain.Status, *domain.FileProblem) {
	if imp.Cancel {
		return domain.Cancelled, domain.Because("cancelled")
	}
	return domain.Failed, domain.Because("checkFailed")
}

// ended is how an import with this account ends.
func ended(imp *domain.Import, c domain.Counts) (domain.Status, *domain.FileProblem) {
	switch {
	case c.Unprocessed == 0:
		return domain.Done, nil
	case imp.Cancel:
		return domain.Cancelled, domain.Because("cancelled.some", c.Unprocessed, c.Rows)
	case c.Unprocessed == c.Rows:
		return domain.Failed, domain.Because("importFailed", c.Unprocessed, c.Rows)
	}
	return domain.Incomplete, domain.Because("unprocessedRows", c.Unprocessed, c.Rows)
}

// free gives back the import's slot, and then forgets it: an import that is seen
// to hold one is looked after until it does not.
func (s *Step) free(ctx context.Context, imp *domain.Import) error {
	if err := s.Jobs.FreeSlot(ctx, imp.Institution, imp.ID, imp.Ticket); err != nil {
		return err
	}
	_, err := s.Jobs.ChangeImport(ctx, imp.Institution, imp.ID, func(i *domain.Import) error {
		if i.Ticket == imp.Ticket {
			i.Ticket = domain.Ticket{}
		}
		return nil
	})
	return err
}

// ledger settles chunks that left no results.
func (s *Step) ledger(imp *domain.Import) *account.Ledger {
	l := &account.Ledger{Files: s.Files, Catalogue: s.Catalogue, Chunks: s.Jobs, Engine: &compare.Engine{
		Store: compare.ReadOnly(s.Contacts), Institution: imp.Institution, Import: imp.ID,
		Mode: compare.Settle, OnConflict: imp.OnConflict, Cancelled: imp.Cancel, Now: s.Now}}
	if imp.Action == domain.Update {
		l.Engine.Store, l.Engine.Ticket, l.Histories = s.Contacts, imp.Ticket, s.Contacts
	}
	return l
}

// mail sends the one mail of the outcome. The import is done all the same when
// it cannot be sent; the screen says why no mail came.
func (s *Step) mail(ctx context.Context, imp *domain.Import) error {
	if imp.Email == "" {
		return nil
	}
	m := s.Letter(*imp, mail.Institution(ctx, s.Catalogue.Catalogue, imp.Institution))
	m.To, m.Job = imp.Email, domain.Job{Institution: imp.Institution, Kind: domain.ImportJob, ID: imp.ID}
	return mail.Once(ctx, s.Now, func(f func(*domain.MailState) error) error {
		_, err := s.Jobs.ChangeImport(ctx, imp.Institution, imp.ID, func(i *domain.Import) error {
			if i.Round != imp.Round {
				return f(&domain.MailState{Status: domain.MailSent}) // the end that the mail tells of is over
			}
			return f(&i.Mail)
		})
		return err
	}, s.Mail.Send, m, func(err error) {
		s.Log.WarnContext(ctx, "mail not sent", "institution", imp.Institution, "import", imp.ID, "error", err)
	})
}

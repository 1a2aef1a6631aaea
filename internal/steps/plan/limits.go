package plan

import (
	"context"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// used is what an institution has imported in the day before an import was made and
// since, without the import itself.
type used struct {
	all   bool // no import of the day was left out
	first int  // of those under way, the ones that were made before
	rows  int
	mine  int // rows of who made the import
}

func (s *Step) used(ctx context.Context, imp *domain.Import) (u used, err error) {
	u.all, err = domain.LastDay(imp.CreatedAt.Add(-24*time.Hour), func(cursor string) ([]domain.Import, string, error) {
		return s.Jobs.Imports(ctx, imp.Institution, 100, cursor)
	}, func(i *domain.Import) {
		if i.ID == imp.ID {
			return
		}
		if !i.Status.Final() && i.ID < imp.ID {
			u.first++
		}
		u.rows += i.Rows
		if i.CreatedBy.ID() == imp.CreatedBy.ID() {
			u.mine += i.Rows
		}
	})
	return u, err
}

// admitted refuses a file of the drop folder past the institution's limits, as the
// API refuses an import with 429: whoever may put files there could otherwise keep
// everybody waiting. The file is not read for it.
func (s *Step) admitted(ctx context.Context, imp *domain.Import, settings domain.Settings) error {
	if imp.CreatedBy.ID() != domain.Inbox.ID() || imp.OfKind != "" || imp.Round > 0 {
		return nil
	}
	u, err := s.used(ctx, imp)
	limits := settings.Limits.Within(domain.InstitutionLimits)
	switch {
	case err != nil:
		return err
	case !u.all:
		return fault.New(fault.Invalid, "pastLimit.files", domain.ImportsADay)
	case u.first >= limits.ImportsAtOnce:
		return fault.New(fault.Invalid, "pastLimit.running", limits.ImportsAtOnce)
	case u.rows >= limits.RowsADay:
		return fault.New(fault.Invalid, "pastLimit.rows", limits.RowsADay)
	}
	return nil
}

// within refuses a file whose rows, which nobody knew before it was read, go past the
// limits of the institution or, but for the drop folder, of who imports it. The rows
// are noted first and the others' counted then: of two files that are read at the
// same time at least one sees the other's. A refused file counts for nothing.
func (s *Step) within(ctx context.Context, imp *domain.Import, settings domain.Settings, p *flow.Plan) error {
	if _, err := s.Jobs.ChangeImport(ctx, imp.Institution, imp.ID, func(i *domain.Import) error {
		i.Rows = p.Rows
		return nil
	}); err != nil {
		return err
	}
	u, err := s.used(ctx, imp)
	if err != nil {
		return err
	}
	for _, x := range []struct{ used, most int }{
		{u.rows, settings.Limits.Within(domain.InstitutionLimits).RowsADay},
		{u.mine, settings.UserLimits.Within(domain.UserLimits).RowsADay},
	} {
		if x.used+p.Rows > x.most {
			p.Rows = 0
			return fault.New(fault.Invalid, "pastLimit.rows", x.most)
		}
		if imp.CreatedBy.ID() == domain.Inbox.ID() {
			break
		}
	}
	return nil
}

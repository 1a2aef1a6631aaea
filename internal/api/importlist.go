package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
)

type importsInput struct {
	Paging
	ImportFilter
	Brief bool `query:"brief" doc:"Without headers, warnings, problems and fields, which may be long. Such a list is read at a small part of the cost."`
}

// ImportFilter chooses imports. A page of what it chooses may hold fewer items than
// there are: there are more while there is a nextCursor.
type ImportFilter struct {
	Q         string    `query:"q" maxLength:"300" doc:"Only imports whose file's name or note has this in it, in any case. With a filter a page may hold fewer items than there are: go on while there is a nextCursor."`
	Status    string    `query:"status" enum:"waiting,checking,queued,running,done,rejected,incomplete,failed,cancelled" doc:"Only imports that stand there."`
	DataType  string    `query:"dataType" enum:"contacts,criteria,authorisations" doc:"Only imports of this type of data."`
	Action    string    `query:"action" enum:"test,update,undo" doc:"Only imports that do this. undo are the updates that put back what others changed, update the others."`
	CreatedBy string    `query:"createdBy" maxLength:"300" doc:"Only imports of this user or key: by its id, or its e-mail address or name at the time, in any case."`
	Since     time.Time `query:"since" doc:"Only imports that were made at or after this time."`
}

// none reports whether the filter takes every import.
func (f ImportFilter) none() bool { return f == ImportFilter{} }

// match returns the filter as a function of an import.
func (f ImportFilter) match() func(domain.Import) bool {
	words, by := text.Normalise(strings.TrimSpace(f.Q)), text.Normalise(strings.TrimSpace(f.CreatedBy))
	return func(i domain.Import) bool {
		action := string(i.Action)
		if action == string(domain.Update) && i.OfKind == domain.UndoOf {
			action = domain.UndoOf
		}
		return (words == "" || strings.Contains(text.Normalise(i.FileName), words) || strings.Contains(text.Normalise(i.Note), words)) &&
			(f.Status == "" || f.Status == string(i.Status)) &&
			(f.DataType == "" || f.DataType == string(i.DataType)) &&
			(f.Action == "" || f.Action == action) &&
			(by == "" || by == text.Normalise(i.CreatedBy.ID()) || by == text.Normalise(i.CreatedBy.Name())) &&
			!i.CreatedAt.Before(f.Since)
	}
}

// over reports whether none of the imports that are older than i pass the filter.
// Their order is that of their ids, which clocks that differ a little have made.
func (f ImportFilter) over(i domain.Import) bool {
	return i.CreatedAt.Before(f.Since.Add(-time.Minute))
}

// searched is how many imports one request looks at for a search.
const searched = 2000

func (s *server) listImports(ctx context.Context, c Claims, in *importsInput) (*polled[importView], error) {
	return poll(list(in.Limit, func(limit int) ([]importView, string, error) {
		is, next, err := s.searchImports(ctx, c, in.ImportFilter, limit, in.Cursor)
		if err == nil && !in.Brief {
			err = s.Jobs.Reports(ctx, c.Institution, is)
		}
		if err != nil {
			return nil, "", err
		}
		views := make([]importView, 0, len(is))
		for _, i := range is {
			if in.Brief {
				i.Report = domain.Report{} // versions before this one kept it in one with the rest
			}
			v, err := s.showImport(ctx, c, i)
			if err != nil {
				return nil, "", err
			}
			views = append(views, v.Body)
		}
		return views, next, nil
	}, func(v importView) importView { return v }))
}

// searchImports returns a page of the imports that pass the filter. When it has
// looked at many in vain, it returns what it found and the cursor to go on from.
func (s *server) searchImports(ctx context.Context, c Claims, f ImportFilter, limit int, cursor string) ([]domain.Import, string, error) {
	if f.none() {
		return s.Jobs.Imports(ctx, c.Institution, limit, cursor)
	}
	match := f.match()
	var found []domain.Import
	for seen := 0; seen < searched; {
		// Never more than still fit, so that the cursor is that of the last one.
		is, next, err := s.Jobs.Imports(ctx, c.Institution, limit-len(found), cursor)
		if err != nil {
			return nil, "", err
		}
		for _, i := range is {
			if match(i) {
				found = append(found, i)
			}
		}
		seen, cursor = seen+len(is), next
		if n := len(is); n > 0 && f.over(is[n-1]) {
			return found, "", nil
		}
		if next == "" || len(found) == limit {
			break
		}
	}
	return found, cursor, nil
}

// importChange is what people may change of an import.
type importChange struct {
	Note string `json:"note" maxLength:"250" doc:"Nothing to take the note away."`
}

// checkImport refuses a write of an import that changed since it was read, in whatever
// language that was.
func (s *server) checkImport(ctx context.Context, c Claims, match Conditional, i domain.Import) error {
	if match.IfMatch == "" {
		return nil
	}
	for _, lang := range domain.Languages {
		shown, err := s.showImportIn(ctx, c, i, lang)
		if err != nil {
			return err
		}
		if match.matches(shown.ETag) {
			return nil
		}
	}
	return match.checkTag("")
}

type importPut struct {
	IDPath
	Conditional
	Body importChange
}

func (s *server) putImport(ctx context.Context, c Claims, in *importPut) (*importAnswer, error) {
	var f faults
	note := f.text("body.note", in.Body.Note, 0, domain.MaxText)
	if err := f.err(); err != nil {
		return nil, err
	}
	was, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.checkImport(ctx, c, in.Conditional, was); err != nil {
		return nil, err
	}
	i, err := s.Jobs.ChangeImport(ctx, c.Institution, in.ID, func(i *domain.Import) error {
		if in.IfMatch != "" && i.Note != was.Note {
			return newProblem(http.StatusPreconditionFailed)
		}
		i.Note = note
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.showWhole(ctx, c, i)
}

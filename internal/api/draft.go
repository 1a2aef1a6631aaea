package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// draftView is what people have decided about the next test of an import's bytes.
type draftView struct {
	Recipe    *RecipeBody `json:"recipe,omitempty" doc:"Of the next test; absent while nothing is decided, and in the answer of a PUT."`
	SavedAt   *time.Time  `json:"savedAt,omitempty"`
	SavedBy   string      `json:"savedBy,omitempty" doc:"The e-mail address at the time, or the key's name."`
	SavedByID string      `json:"savedById,omitempty" doc:"The user's id in the pool, which never changes, or key: and the key's."`
}

type draftAnswer struct {
	ETag string `header:"ETag"`
	Body draftView
}

type draftPut struct {
	IDPath
	Conditional
	Body RecipeBody
}

type draftDelete struct {
	IDPath
	Conditional
}

func (s *server) draftRoutes(one string) {
	path := one + "/draft"
	route(s, Viewer, huma.Operation{
		OperationID: "getDraft", Method: http.MethodGet, Path: path, Tags: []string{tagImports},
		Summary: "Get what is decided about the next test", Description: "Every user of the institution sees the same. Without a recipe nothing is decided yet.",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*draftAnswer, error) {
		if _, err := s.theImport(ctx, c, in.ID); err != nil {
			return nil, err
		}
		d, err := s.Drafts.Get(ctx, c.Institution, in.ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		return s.showDraft(ctx, d)
	})
	route(s, Operator, huma.Operation{
		OperationID: "putDraft", Method: http.MethodPut, Path: path, Tags: []string{tagImports},
		Summary: "Keep what is decided about the next test", Description: "Nothing is tested by it: POST the recipe to {id}/test for that. It is kept as long as the import, whoever goes on with it, and wherever.",
		Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed}, MaxBodyBytes: recipeBytes,
	}, s.putDraft)
	route(s, Operator, huma.Operation{
		OperationID: "deleteDraft", Method: http.MethodDelete, Path: path, Tags: []string{tagImports},
		Summary: "Forget what is decided about the next test", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *draftDelete) (*struct{}, error) {
		i, err := s.theImport(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		_, err = s.saveDraft(ctx, c, i, in.Conditional, "")
		return nil, err
	})
}

// draftTag is the tag of a draft: every save has another key.
func draftTag(d domain.Draft) string { return tag(d.Key) }

func (s *server) showDraft(ctx context.Context, d domain.Draft) (*draftAnswer, error) {
	a := &draftAnswer{ETag: draftTag(d)}
	if d.Key == "" {
		return a, nil
	}
	var r RecipeBody
	if err := s.stored(ctx, d.Key, &r); err != nil {
		return nil, err
	}
	a.Body = draftView{&r, timeOf(d.SavedAt), d.SavedBy.Name(), d.SavedBy.ID()}
	return a, nil
}

func (s *server) putDraft(ctx context.Context, c Claims, in *draftPut) (*draftAnswer, error) {
	var f faults
	in.Body.check(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	i, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	key := flow.DraftKey(c.Institution, i.ID, s.NewID())
	if _, err := s.Files.Put(ctx, key, bytes.NewReader(body), "application/json"); err != nil {
		return nil, err
	}
	d, err := s.saveDraft(ctx, c, i, in.Conditional, key)
	// What was sent is not sent back, which may be long.
	return &draftAnswer{ETag: draftTag(d), Body: draftView{nil, timeOf(d.SavedAt), d.SavedBy.Name(), d.SavedBy.ID()}}, err
}

// saveDraft keeps the draft whose recipe has the key, unless somebody kept another
// since the caller read it.
func (s *server) saveDraft(ctx context.Context, c Claims, i domain.Import, match Conditional, key string) (domain.Draft, error) {
	return s.Drafts.Change(ctx, c.Institution, i.ID, func(d *domain.Draft) error {
		if err := match.checkTag(draftTag(*d)); err != nil {
			return err
		}
		*d = domain.Draft{Key: key, SavedAt: s.Now().UTC(), SavedBy: c.who(), EndsAt: i.ExpiresAt}
		return nil
	})
}

package plan

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"path"
	"slices"
	"strings"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/person"
	"rollbook/internal/file/sheet"
)

// maxRecipe is how large the recipe of a folder may be.
const maxRecipe = 1 << 20

// dropped gives an import of the drop folder its recipe: what the object's metadata
// has as recipe, else the recipe.json of its folder, else none.
func (s *Step) dropped(ctx context.Context, imp *domain.Import) error {
	if imp.CreatedBy.ID() != domain.Inbox.ID() || imp.OfKind != "" || imp.Round > 0 || imp.DataType == "" || s.Metadata == nil {
		return nil
	}
	meta, err := s.Metadata(ctx, imp.Source)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil // the file is gone, as reading it says
		}
		return err
	}
	text := []byte(meta["recipe"])
	if words, err := new(mime.WordDecoder).DecodeHeader(meta["recipe"]); err == nil {
		text = []byte(words) // letters beyond ASCII come as RFC 2047 says
	}
	if len(text) == 0 {
		f, err := s.Source(imp.Source.Bucket).Open(ctx, domain.Object{Bucket: imp.Source.Bucket, Key: path.Join("inbox", string(imp.Institution), string(imp.DataType), string(imp.Action), domain.RecipeName)})
		if err != nil {
			if fault.KindOf(err) == fault.NotFound {
				return nil
			}
			return err
		}
		if f.Size() > maxRecipe {
			return fault.New(fault.Invalid, "badRecipe")
		}
		if text, err = io.ReadAll(io.NewSectionReader(f, 0, f.Size())); err != nil {
			return err
		}
	}
	if imp.Recipe, err = readRecipe(text); err != nil {
		return err
	}
	_, err = s.Jobs.ChangeImport(ctx, imp.Institution, imp.ID, func(i *domain.Import) error {
		i.Recipe = imp.Recipe
		return nil
	})
	return err
}

// readRecipe reads a recipe as the API takes it, without corrections, which are of
// one file's cells.
func readRecipe(b []byte) (r domain.Recipe, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil || members == nil {
		return r, fault.New(fault.Invalid, "badRecipe")
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		one, err := json.Marshal(map[string]json.RawMessage{name: members[name]})
		if err != nil {
			return r, err
		}
		d := json.NewDecoder(strings.NewReader(string(one)))
		d.DisallowUnknownFields()
		if d.Decode(&r) != nil || r.Corrections != nil {
			return domain.Recipe{}, fault.New(fault.Invalid, "badRecipe.member", name)
		}
	}
	wrong := r.Wrong()
	if len(r.Columns) > sheet.MaxColumns {
		wrong = append(wrong, "columns")
	}
	if r.Country != "" && !person.Country(strings.ToUpper(r.Country)) {
		wrong = append(wrong, "country")
	}
	if len(wrong) > 0 {
		return domain.Recipe{}, fault.New(fault.Invalid, "badRecipe.member", wrong[0])
	}
	r.Country, r.Proof = strings.ToUpper(r.Country), strings.TrimSpace(r.Proof)
	if r.OnConflict == "" {
		r.OnConflict = domain.Skip
	}
	return r, nil
}

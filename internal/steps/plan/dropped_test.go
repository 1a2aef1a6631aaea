package plan_test

import (
	"context"
	"mime"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// A dropped file is read by the recipe of its metadata, else by that of its folder;
// one that cannot be taken rejects the file and names its member.
func TestRecipesOfTheDropFolder(t *testing.T) {
	const file = "Contact;Bemerkung\n#1;Zoe\n"
	const good = `{"columns": {"Bemerkung": "[new] NOTE"}, "onConflict": "overwrite", "country": "ch", "fill": true}`
	for _, x := range []struct{ name, meta, folder, code, member string }{
		{"none", "", "", "headerUnreadable", ""},
		{"in the metadata", good, "", "", ""},
		{"in the metadata, as RFC 2047 writes it", mime.BEncoding.Encode("UTF-8", strings.Replace(good, "{", `{"proof": "Überall unterschrieben", `, 1)), "", "", ""},
		{"in the folder", "", good, "", ""},
		{"that of the file comes first", good, `{"columns": {"Bemerkung": ""}}`, "", ""},
		{"no JSON", "columns", "", "badRecipe", ""},
		{"no object", "", "[]", "badRecipe", ""},
		{"nothing", "", "null", "badRecipe", ""},
		{"a member that nobody knows", "", `{"colums": {}}`, "badRecipe", "colums"},
		{"of another kind", `{"fill": "yes"}`, "", "badRecipe", "fill"},
		{"another choice", "", `{"onConflict": "force"}`, "badRecipe", "onConflict"},
		{"no country", "", `{"country": "QQ"}`, "badRecipe", "country"},
		{"corrections", "", `{"corrections": {"key": "imports/other/1/corrections.json"}}`, "badRecipe", "corrections"},
		{"a person who is neither", "", `{"persons": {"2": "perhaps"}}`, "badRecipe", "persons"},
		{"too long a proof", `{"proof": "` + strings.Repeat("x", 300) + `"}`, "", "badRecipe", "proof"},
		{"too large", "", `{"proof": "` + strings.Repeat("x", 1<<20) + `"}`, "badRecipe", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t)
			d.contact(t, "1")
			d.Metadata = func(context.Context, domain.Object) (map[string]string, error) {
				return map[string]string{"recipe": x.meta}, nil
			}
			if x.folder != "" {
				if _, err := d.uploads.Put(t.Context(), "inbox/house/criteria/test/recipe.json", strings.NewReader(x.folder), ""); err != nil {
					t.Fatal(err)
				}
			}
			p := d.plan(t, domain.Criteria, file, func(i *domain.Import) { i.CreatedBy = domain.Inbox })
			if got := code(p); got != x.code && (x.name != "none" || got == "") {
				t.Fatalf("%s, want %s: %+v", got, x.code, p.Problem)
			}
			if x.member != "" && p.Problem.Params["member"] != x.member {
				t.Errorf("%+v", p.Problem)
			}
			if x.code != "" {
				return
			}
			i, err := d.jobs.Import(t.Context(), house, id)
			if err != nil || i.Recipe.OnConflict != domain.Overwrite || !i.Recipe.Fill || i.Recipe.Country != "CH" || i.Recipe.Columns["Bemerkung"] != "[new] NOTE" {
				t.Errorf("%+v, %v", i.Recipe, err)
			}
			if strings.HasPrefix(x.meta, "=?") && i.Recipe.Proof != "Überall unterschrieben" {
				t.Errorf("the proof is %q", i.Recipe.Proof)
			}
		})
	}
	t.Run("of what a person uploads nobody asks it", func(t *testing.T) {
		d := newDesk(t)
		d.contact(t, "1")
		d.Metadata = func(context.Context, domain.Object) (map[string]string, error) {
			t.Error("asked")
			return nil, nil
		}
		d.plan(t, domain.Criteria, lines("Contact,[new] NOTE", "#1,x"))
	})
}

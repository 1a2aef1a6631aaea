package endtoend_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/local/demo"
)

// Two people of a French institution run the same file. She has chosen nothing and
// gets French, he has chosen German and gets German: from the API, in the error
// file, the mails and the README. For programs both are told the same.
func TestEachInTheirLanguage(t *testing.T) {
	file := []byte("Contact;[new] GENRE;[new] NICKNAME\n#" + string(demo.Number(2)) + ";NO SUCH GENRE;\n#" + string(demo.Number(3)) + ";;Zoé\n")
	type told struct {
		codes, sentences, errors, mails, readme string
	}
	orders := func(who, email string, choose string) (got told) {
		t.Helper()
		c := as(t, who)
		if choose != "" {
			c.call(http.StatusOK, "PUT", "/api/me", map[string]any{"language": choose}, nil)
		}
		end := c.wait(c.begin(map[string]any{"dataType": "criteria", "action": "test", "email": email}, file))
		if end.Status != domain.Done || end.Counts != (domain.Counts{Rows: 2, Updated: 1, Rejected: 1}) {
			t.Fatalf("%+v", end)
		}
		var answer struct {
			Problems []struct {
				Code    string
				Params  map[string]any
				Message string
			}
		}
		c.call(http.StatusOK, "GET", "/api/imports/"+end.ID, nil, &answer)
		for _, p := range answer.Problems {
			params, err := json.Marshal(p.Params)
			if err != nil {
				t.Fatal(err)
			}
			got.codes += p.Code + string(params) + "\n"
			got.sentences += p.Message + "\n"
		}
		got.errors = string(c.download("/api/imports/" + end.ID + "/files/errors"))
		target := demo.Targets(demo.Borealis)[0].ID
		got.readme = string(c.template(domain.Criteria, target, email)["README.txt"])
		for _, m := range mails(t, email) {
			got.mails += m.Subject + "\n" + m.Text + "\n"
		}
		return got
	}
	french := orders("operator@borealis.example", "elle@borealis.example", "")
	german := orders("admin@borealis.example", "er@borealis.example", "de")

	if french.codes == "" || french.codes != german.codes {
		t.Errorf("for programs: %s", cmp.Diff(french.codes, german.codes))
	}
	unknown := func(lang string) string { // what the sentence begins with
		return reason.New("notFound").Message(lang)
	}
	var problem struct{ Detail string }
	for who, lang := range map[string]string{"operator@borealis.example": "fr", "admin@borealis.example": "de"} {
		as(t, who).call(http.StatusNotFound, "GET", "/api/contacts/0", nil, &problem)
		if problem.Detail != unknown(lang) {
			t.Errorf("%s: %q", who, problem.Detail)
		}
	}
	for lang, c := range map[string]struct {
		told
		sentence, readme string
		mails            []string
	}{
		"fr": {french, "n’est pas une valeur de", "tableur", []string{"Test terminé", "Votre modèle d’import est prêt"}},
		"de": {german, "ist kein Wert von", "Tabellenkalkulation", []string{"Test abgeschlossen", "Ihre Importvorlage ist fertig"}},
	} {
		if !strings.Contains(c.sentences, c.sentence) {
			t.Errorf("%s: the API says %s", lang, c.sentences)
		}
		if !strings.Contains(c.errors, c.sentence) {
			t.Errorf("%s: errors.csv says %s", lang, c.errors)
		}
		for _, subject := range c.mails {
			if !strings.Contains(c.told.mails, subject) {
				t.Errorf("%s: the mails say %s", lang, c.told.mails)
			}
		}
		if !strings.Contains(c.told.readme, c.readme) {
			t.Errorf("%s: the README says %s", lang, c.told.readme)
		}
	}
}

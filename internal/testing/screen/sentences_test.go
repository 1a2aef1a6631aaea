package screen_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// Who reads the screen in French reads no English sentence there, neither of the
// screen nor of a reason, and no sentence twice.
func TestOneSentenceInOneLanguage(t *testing.T) {
	t.Parallel()
	english := englishSentences(t)
	s := stack(t, dev.Options{})
	imports := sample(t, s)
	b := browser.New(t)
	p := b.Page(browser.Options{Language: "fr-FR"})
	p.Open(s.URL)
	p.Press("Se connecter")
	p.SignIn("admin@aurora.example", dev.Password)
	p.Heading("Imports")
	read := func(t *testing.T, hash, see string) {
		t.Helper()
		p.Go("#/imports/none") // so that the page is made anew
		p.Settled()
		p.Go("#/" + hash)
		p.Settled()
		p.Eval("document.querySelectorAll('details').forEach((d) => { if (!d.closest('.bar')) d.open = true; })", nil)
		p.See(see)
		var text string
		p.Eval("document.body.innerText", &text)
		if len(text) < 100 {
			t.Fatalf("the page says only %q", text)
		}
		low := strings.ToLower(plainSpaces(text))
		for _, e := range english {
			if strings.Contains(low, e) {
				t.Errorf("in French the page says %q", e)
			}
		}
		// A notice, a row of a table and an item of a list say a thing once.
		var blocks []string
		p.Eval("[...document.querySelectorAll('main .notice, main tr, main .result, main .mail-line, main .field')].map((e) => e.innerText)", &blocks)
		for _, block := range blocks {
			for _, twice := range saidTwice(block) {
				t.Errorf("said twice: %q in\n%s", twice, block)
			}
		}
	}
	p.Allow("404")
	for _, x := range []struct{ name, hash, see string }{
		{"imports", "imports", "Imports"}, {"new", "new", "Nouvel import"},
		{"rejected", "imports/" + imports["rejected"].ID, "Le fichier a été rejeté"},
		{"test with conflicts", "imports/" + imports["test"].ID, "n’est pas une valeur de"},
		{"conflicted", "imports/" + imports["test"].ID + "?outcome=conflicted", "Quelqu’un a modifié ces valeurs"},
		{"done", "imports/" + imports["update"].ID, "modifié"},
		{"running", "imports/" + imports["running"].ID, "Traitement des lignes"}, {"waiting", "imports/" + imports["waiting"].ID, "Le fichier est envoyé"},
		{"not there", "imports/0199", "Il n’y a rien à cette adresse"},
		{"templates", "templates", "Modèles d’import"}, {"new template", "templates/new", "Télécharger un modèle d’import"}, {"values", "values", "Consulter les valeurs"},
		{"targets", "targets", "Cibles dynamiques"}, {"contacts", "contacts", "Contacts"}, {"catalogue", "catalogue", "Catalogue"}, {"a field", "catalogue/criteria/GENRE", "Libellé"},
		{"audit", "audit", "Qui a fait quoi"}, {"settings", "settings", "Institution"},
	} {
		t.Run(x.name, func(t *testing.T) { read(t, x.hash, x.see) })
	}

	// What can become of an import and of its mail, each with its reason.
	id := imports["update"].ID
	change := func(t *testing.T, f func(i *domain.Import)) {
		t.Helper()
		if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", id, func(i *domain.Import) error { f(i); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		status domain.Status
		why    reason.Reason
		see    string
	}{
		{domain.Failed, reason.New("importFailed", 5, 90), "L’import s’est arrêté"},
		{domain.Failed, reason.New("checkFailed"), "Le fichier n’a pas pu être contrôlé"},
		{domain.Failed, reason.New("uploadNeverCame"), "Le fichier n’est pas arrivé en une heure"},
		{domain.Cancelled, reason.New("cancelled"), "L’import a été interrompu"},
		{domain.Cancelled, reason.New("cancelled.some", 5, 90), "5 lignes sur 90"},
		{domain.Rejected, reason.New("noneYours"), "Aucun de ces contacts"},
	} {
		t.Run(string(x.status)+" "+string(x.why.Code), func(t *testing.T) {
			change(t, func(i *domain.Import) { i.Status, i.Problem = x.status, &domain.FileProblem{Reason: x.why} })
			read(t, "imports/"+id, x.see)
		})
	}
	change(t, func(i *domain.Import) { i.Status, i.Problem, i.Email = domain.Done, nil, "ana@aurora.example" })
	for _, x := range []struct{ status, code, see string }{
		{domain.MailBounced, "mailBounced", "est revenu"}, {domain.MailComplained, "mailComplained", "indésirable"}, {domain.MailFailed, "mailFailed", "Aucun e-mail"},
		{domain.MailFailed, "mailRefused", "a refusé l’e-mail"}, {domain.MailWaiting, "busy.mail", "sera tenté plus tard"}, {"", "addressReturned", "est revenu"},
	} {
		t.Run("mail "+x.code, func(t *testing.T) {
			change(t, func(i *domain.Import) { i.Mail = domain.NewMailState(x.status, x.code) })
			read(t, "imports/"+id, x.see)
		})
	}

	t.Run("a form that is refused", func(t *testing.T) {
		p.Go("#/catalogue/criteria/new")
		p.Fill("Code", "SAISON")
		p.Fill("Libellé", "Saison")
		p.Allow("422")
		p.Press("Enregistrer")
		p.See("a besoin d’au moins une valeur")
		var text string
		p.Eval("document.querySelector('main').innerText", &text)
		if n := strings.Count(text, "a besoin d’au moins une valeur"); n != 1 {
			t.Errorf("the fault is said %d times:\n%s", n, text)
		}
	})
}

var (
	unsaid   = regexp.MustCompile(`\{[^}]*\}|[<>]|#`)
	sentence = regexp.MustCompile(`[^.?!\n]+`)
)

func plainSpaces(s string) string { return strings.Join(strings.Fields(s), " ") }

// englishSentences are the parts of every English sentence, of reasons and of the
// screen, that can be told for one: three words or more, in lower case.
func englishSentences(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../domain/reason/words/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var reasons struct{ Messages, Suggestions map[string]string }
	if err := json.Unmarshal(b, &reasons); err != nil {
		t.Fatal(err)
	}
	var out []string
	add := func(text string) {
		for _, part := range unsaid.Split(text, -1) {
			part = strings.ToLower(plainSpaces(part))
			if strings.Count(part, " ") >= 2 && len(part) >= 12 {
				out = append(out, part)
			}
		}
	}
	for _, texts := range []map[string]string{reasons.Messages, reasons.Suggestions} {
		for _, text := range texts {
			add(text)
		}
	}
	if len(out) < 300 {
		t.Fatalf("only %d English sentences", len(out))
	}
	for _, texts := range words(t, "en") {
		for _, text := range texts {
			add(text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// saidTwice are the beginnings, of four words, with which two sentences of a text
// begin.
func saidTwice(text string) []string {
	seen := map[string]bool{}
	var out []string
	for _, part := range sentence.FindAllString(text, -1) {
		begins := strings.Fields(strings.ToLower(part))
		if len(begins) < 4 {
			continue
		}
		first := strings.Join(begins[:4], " ")
		if seen[first] {
			out = append(out, first)
		}
		seen[first] = true
	}
	return out
}

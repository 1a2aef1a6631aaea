package year

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// people is how many of an institution's contacts the story needs.
const people = 150

// Receiver is where the stack's address takes what its webhooks send.
const Receiver = "/_local/webhook"

// Enough reports whether an institution of so many contacts can have a past.
func Enough(contacts int) bool { return contacts >= people }

// words are what the people of an institution write.
type words struct {
	comma                                                 rune
	person                                                []string // headers: first name, last name, address, town, birth date
	moved                                                 []string // headers: number, street, postcode, town, country
	source                                                string   // a header that nobody but its program knows
	autumn, survey, undone, winter, house, signups, ended string   // names of files
	season, segments, consents, mended                    string
	noted, wrong, taken, paper, desk                      string // notes and proofs
	others                                                [][]string
	genres                                                []string // as people call them, some of them unknown
	street, postcode, town, country, key, target          string
	notes                                                 []string
	badDay, badAddress                                    string
	encode                                                func([]byte) []byte // as the institution's programs write files
}

var english = words{
	comma: ',', person: []string{"First name", "Last name", "Email", "City", "Birth date"}, moved: []string{"Contact", "Street", "Postcode", "City", "Country"}, source: "Campaign source",
	autumn: "Autumn box office.csv", survey: "Genre survey.csv", undone: "Segments from the CRM.csv", winter: "Winter newsletter.csv", house: "House moves.csv",
	signups: "Newsletter sign-ups.csv", ended: "Ticket sales by season.csv", season: "Spring season.csv", segments: "Segments.csv", consents: "Consent forms.csv", mended: "Genre survey, second wave.csv",
	noted: "List of the box office, without the gala", wrong: "Taken from the wrong season: to be undone", taken: "Answers by post are still missing", paper: "Paper form", desk: "Ticket desk",
	others: [][]string{{"Season", "Concerts", "Tickets sold"}, {"2023/24", "41", "18220"}, {"2024/25", "44", "20117"}},
	genres: []string{"Jazz", "Opera", "Heavy metal", "Dance", "Rock 'n' roll", "Theatre", "Jaz", "Family"},
	street: "%d Riverside Walk", postcode: "BA1 1SU", town: "Bath", country: "GB", key: "Ticket office", target: "Jazz lovers in Bath",
	notes:  []string{"Asked for the season's programme", "Prefers matinees", "Brings a class in May", "Thanked by the director"},
	badDay: "31/02/1980", badAddress: "nobody(at)example.org",
	encode: func(b []byte) []byte { return b },
}

var french = words{
	comma: ';', person: []string{"Prénom", "Nom de famille", "Adresse e-mail", "Ville", "Date de naissance"}, moved: []string{"Contact", "Rue", "Code postal", "Ville", "Pays"}, source: "Canal de campagne",
	autumn: "Billetterie d'automne.csv", survey: "Enquête sur les genres.csv", undone: "Segments du CRM.csv", winter: "Lettre d'hiver.csv", house: "Déménagements.csv",
	signups: "Inscriptions à la newsletter.csv", ended: "Ventes par saison.csv", season: "Saison de printemps.csv", segments: "Segments.csv", consents: "Autorisations signées.csv", mended: "Enquête sur les genres, suite.csv",
	noted: "Liste de la billetterie, sans le gala", wrong: "Prise de la mauvaise saison : à annuler", taken: "Il manque les réponses par courrier", paper: "Formulaire papier", desk: "Guichet",
	others: [][]string{{"Saison", "Concerts", "Billets vendus"}, {"2023/24", "12", "3 410"}, {"2024/25", "14", "3 902"}},
	genres: []string{"Jazz", "Opéra", "Musette", "Danse", "Chanson", "Théâtre", "Jaz", "Famille"},
	street: "%d, rue du Lac", postcode: "2000", town: "Neuchâtel", country: "CH", key: "Billetterie", target: "Amateurs de jazz à Neuchâtel",
	notes:  []string{"A demandé le programme de la saison", "Préfère les matinées", "Vient avec une classe en mai", "Remercié par la direction"},
	badDay: "31/02/1980", badAddress: "personne(at)example.org",
	encode: func(b []byte) []byte { return must(charmap.Windows1252.NewEncoder().Bytes(b)) },
}

// chapter is something that happens at a time.
type chapter struct {
	days, hour, minute int
	happens            func(ctx context.Context) error
}

// story is what happened at an institution, the oldest first.
func (m *maker) story(ctx context.Context) error {
	w := english
	if m.in == demo.Borealis {
		w = french
	}
	admin, err := m.person(ctx, "admin", m.in)
	if err != nil {
		return err
	}
	op, err := m.person(ctx, "operator", m.in)
	if err != nil {
		return err
	}
	viewer, err := m.person(ctx, "viewer", m.in)
	if err != nil {
		return err
	}
	targets := demo.Targets(m.in)
	csv := func(rows ...[]string) []byte { return must(table(rows, w.comma)) }
	var tested, done, wrong string
	var form [][]string
	count := func(p person, target int) func(context.Context) error {
		return func(ctx context.Context) error {
			var got struct{ Complete bool }
			for more := ""; !got.Complete; more = "?more=true" {
				if err := p.ask(ctx, "POST", "/api/targets/"+targets[target].ID+"/count"+more, nil, &got); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, c := range []chapter{
		{300, 9, 12, func(ctx context.Context) error {
			return op.imports(ctx, &done, object{"dataType": "contacts", "action": "update", "fileName": w.autumn, "note": w.noted}, csv(w.newcomers(m.in, 0, 14)...))
		}},
		{299, 15, 40, count(op, 1)},
		{262, 10, 5, func(ctx context.Context) (err error) {
			form, err = op.form(ctx, object{"dataType": "criteria", "targetId": targets[1].ID, "fields": []string{"SEGMENT", "NOTE"}})
			return err
		}},
		{255, 16, 22, func(ctx context.Context) error {
			file, err := fill(form, w.comma, 30, map[string]func(int) string{
				"[new] SEGMENT": cycle("REGULAR", "OCCASIONAL", "PATRON"), "[new] NOTE": cycle(append([]string{"", ""}, w.notes...)...)})
			if err != nil {
				return err
			}
			return op.imports(ctx, &done, object{"dataType": "criteria", "action": "update", "fileName": w.winter}, file)
		}},
		{211, 11, 30, func(ctx context.Context) error {
			return op.imports(ctx, &done, object{"dataType": "authorisations", "action": "update", "fileName": w.consents, "proof": w.paper},
				csv(rowsOf([]string{"Contact", "[new] EMAIL", "[new] POST"}, 0, 24, cycle("TRUE", "TRUE", "FALSE"), cycle("TRUE", "FALSE", ""))...))
		}},
		{204, 9, 0, func(ctx context.Context) error {
			return admin.ask(ctx, "POST", "/api/keys", object{"name": w.key, "role": "operator"}, nil)
		}},
		{163, 14, 10, func(ctx context.Context) error {
			return op.imports(ctx, &wrong, object{"dataType": "criteria", "action": "update", "fileName": w.survey, "note": w.wrong},
				csv(rowsOf([]string{"Contact", "[new] GENRE", "[new] ZONE"}, 30, 40, cycle("JAZZ", "ROCK", "DANCE"), cycle("1", "2", "3"))...))
		}},
		{162, 8, 55, func(ctx context.Context) error { return op.does(ctx, &done, "undo", wrong) }},
		{121, 13, 20, func(ctx context.Context) error {
			for i := range 5 {
				if err := op.edits(ctx, demo.Number(10+i), func(c object) {
					c["street"], c["postcode"], c["city"], c["country"] = fmt.Sprintf(w.street, 40+i), w.postcode, w.town, w.country
					criteria(c)["NOTE"] = w.notes[i%len(w.notes)]
				}); err != nil {
					return err
				}
			}
			return nil
		}},
		{96, 10, 0, func(ctx context.Context) error {
			return admin.ask(ctx, "POST", "/api/targets", object{"name": w.target, "condition": object{"all": []object{{"field": "criterion:GENRE", "op": "in", "value": []string{"JAZZ", "ROCK"}}, {"field": "contact:city", "op": "is", "value": w.town}}}}, nil)
		}},
		{64, 17, 5, func(ctx context.Context) error {
			rows := [][]string{w.moved}
			for i := range 12 {
				rows = append(rows, []string{string(demo.Number(100 + i)), fmt.Sprintf(w.street, 2+3*i), w.postcode, w.town, w.country})
			}
			return op.imports(ctx, &done, object{"dataType": "contacts", "action": "update", "fileName": w.house}, csv(rows...))
		}},
		{32, 12, 0, m.forget},

		{28, 9, 30, count(op, 0)},
		{27, 10, 15, func(ctx context.Context) (err error) {
			form, err = op.form(ctx, object{"dataType": "criteria", "targetId": targets[2].ID, "fields": []string{"GENRE", "SEGMENT", "NOTE"}, "email": op.email})
			return err
		}},
		{26, 14, 2, func(ctx context.Context) error {
			file, err := fill(form, w.comma, 45, map[string]func(int) string{
				"[new] GENRE": cycle("JAZZ", "", "ROCK", "FOLK"), "[new] SEGMENT": cycle("", "REGULAR", "PATRON", ""), "[new] NOTE": cycle(append([]string{"", "", ""}, w.notes...)...)})
			if err != nil {
				return err
			}
			return op.imports(ctx, &tested, object{"dataType": "criteria", "action": "test", "fileName": w.season, "note": w.noted, "email": op.email}, file)
		}},
		{26, 14, 20, func(ctx context.Context) error { return op.does(ctx, &done, "update", tested) }},
		{22, 11, 45, func(ctx context.Context) error {
			rows := w.newcomers(m.in, 20, 18)
			// Some are there already, without an address so far.
			for i, n := 60, 0; n < 4 && i < people; i++ {
				c := demo.Contact(m.in, i)
				if c.Email() == "" || c.Get(domain.ContactCity) != domain.Empty || c.Get(domain.ContactFirstName) == domain.Empty {
					continue
				}
				n++
				rows = append(rows, []string{string(c.Get(domain.ContactFirstName)), string(c.Get(domain.ContactLastName)), c.Email(), w.town, ""})
			}
			bad := w.newcomers(m.in, 40, 4)[1:]
			bad[0][2], bad[1][4], bad[2][2], bad[3][4] = w.badAddress, w.badDay, "@", "1999-13-40"
			rows = append(rows, bad...)
			for i := range rows {
				rows[i] = append(slices.Clone(rows[i]), "web")
			}
			rows[0][len(rows[0])-1] = w.source
			return op.imports(ctx, &done, object{"dataType": "contacts", "action": "update", "fileName": w.signups, "email": op.email, "columns": object{w.source: ""}}, w.encode(csv(rows...)))
		}},
		{19, 16, 31, func(ctx context.Context) error {
			return op.imports(ctx, &done, object{"dataType": "contacts", "action": "test", "fileName": w.ended}, csv(w.others...))
		}},
		{15, 9, 20, func(ctx context.Context) (err error) {
			form, err = op.form(ctx, object{"dataType": "criteria", "targetId": targets[0].ID, "fields": []string{"GENRE", "SEGMENT"}, "format": "both"})
			return err
		}},
		{14, 15, 0, func(ctx context.Context) error {
			for _, row := range []int{3, 9, 17} {
				if err := admin.edits(ctx, domain.ContactNumber(strings.TrimPrefix(form[row][0], "#")), func(c object) { criteria(c)["GENRE"] = "OPERA"; criteria(c)["SEGMENT"] = "PRESS" }); err != nil {
					return err
				}
			}
			return nil
		}},
		{13, 10, 40, func(ctx context.Context) error {
			file, err := fill(form, w.comma, 25, map[string]func(int) string{"[new] GENRE": cycle("DANCE", "THEATRE"), "[new] SEGMENT": cycle("REGULAR", "OCCASIONAL", "SCHOOL")})
			if err != nil {
				return err
			}
			return op.imports(ctx, &done, object{"dataType": "criteria", "action": "update", "fileName": w.segments, "email": op.email}, file)
		}},
		{12, 8, 30, count(admin, 2)},
		{10, 13, 15, func(ctx context.Context) error {
			return op.imports(ctx, &wrong, object{"dataType": "criteria", "action": "update", "fileName": w.undone, "note": w.wrong},
				csv(rowsOf([]string{"Contact", "[new] SEGMENT"}, 70, 36, cycle("LAPSED", "OCCASIONAL"))...))
		}},
		{9, 9, 3, func(ctx context.Context) error { return admin.does(ctx, &done, "undo", wrong) }},
		{8, 17, 50, func(ctx context.Context) error {
			return op.imports(ctx, &done, object{"dataType": "authorisations", "action": "update", "fileName": w.consents, "proof": w.desk},
				csv(rowsOf([]string{"Contact", "[new] EMAIL", "[new] PHONE"}, 0, 30, cycle("TRUE"), cycle("", "TRUE", "FALSE"))...))
		}},
		{6, 10, 10, func(ctx context.Context) error {
			var waiting made
			if err := op.ask(ctx, "POST", "/api/imports", object{"dataType": "criteria", "action": "test", "fileName": w.survey}, &waiting); err != nil {
				return err
			}
			return op.ask(ctx, "POST", "/api/imports/"+waiting.ID+"/cancel", nil, nil)
		}},
		{5, 11, 25, func(ctx context.Context) error {
			return op.imports(ctx, &done, object{"dataType": "criteria", "action": "test", "fileName": w.mended, "note": w.taken},
				csv(rowsOf([]string{"Contact", "[new] GENRE"}, 110, 32, cycle(w.genres...))...))
		}},
		{4, 9, 45, func(ctx context.Context) error {
			return admin.ask(ctx, "DELETE", "/api/contacts/"+string(demo.Number(148)), nil, nil)
		}},
		{3, 15, 15, count(viewer, 3)},
		{2, 10, 30, func(ctx context.Context) error {
			_, err := op.form(ctx, object{"dataType": "authorisations", "targetId": targets[4].ID, "format": "xlsx", "email": op.email})
			return err
		}},
		{1, 16, 5, count(op, 1)},
		{1, 16, 40, func(ctx context.Context) error {
			var hook made
			if err := admin.ask(ctx, "POST", "/api/webhooks", object{"url": m.URL + Receiver, "events": []string{"import.finished", "template.finished"}}, &hook); err != nil {
				return err
			}
			return admin.ask(ctx, "POST", "/api/webhooks/"+hook.ID+"/test", nil, nil)
		}},
	} {
		if err := m.at(c.days, c.hour, c.minute); err != nil {
			return err
		}
		if err := c.happens(ctx); err != nil {
			return fmt.Errorf("%d days ago: %w", c.days, err)
		}
	}
	return nil
}

// newcomers are a header and so many people who are no contacts yet.
func (w words) newcomers(in domain.InstitutionID, from, n int) [][]string {
	rows := [][]string{w.person}
	for i := 5000 + from; len(rows) <= n; i++ {
		c := demo.Contact(in, i)
		if c.Email() == "" || c.Get(domain.ContactFirstName) == domain.Empty || c.Get(domain.ContactLastName) == "Null" {
			continue
		}
		rows = append(rows, []string{string(c.Get(domain.ContactFirstName)), string(c.Get(domain.ContactLastName)), c.Email(), string(c.Get(domain.ContactCity)), string(c.Get(domain.ContactBirthDate))})
	}
	return rows
}

// rowsOf are a header and so many contacts' numbers with the columns' values.
func rowsOf(header []string, from, n int, columns ...func(int) string) [][]string {
	rows := [][]string{header}
	for i := range n {
		row := []string{string(demo.Number(from + i))}
		for _, c := range columns {
			row = append(row, c(i))
		}
		rows = append(rows, row)
	}
	return rows
}

func cycle(values ...string) func(int) string {
	return func(i int) string { return values[i%len(values)] }
}

func criteria(contact object) object {
	c, ok := contact["criteria"].(object)
	if !ok {
		c = object{}
		contact["criteria"] = c
	}
	return c
}

package api_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

const contact = "/api/contacts/0000777"

func TestPutContact(t *testing.T) {
	s := newStack(t)
	body := object{
		"email": "Zoe@Example.org", "title": "Ms", "firstName": "Zoe\u0308", "lastName": " Brontë ", "language": "fr-CH", "birthDate": "1980-02-29",
		"phone": "+44 20 7946 0123", "street": "1 High Street", "postcode": "W1A 1AA", "city": "London", "country": "GB",
		"criteria":       object{"GENRE": "JAZZ", "INTERESTS": []any{"TALKS", "CONCERTS", "TALKS"}, "SUBSCRIBER": false, "NOTE": "=1+1", "SEGMENT": nil, "ZONE": ""},
		"authorisations": object{"EMAIL": true, "PHONE": false, "POST": "empty"},
		"proof":          "Paper form 17",
	}
	at := "2026-03-01T09:00:00Z"
	from := object{"at": at, "by": "olga@aurora.example", "byId": "u2", "proof": "Paper form 17"}
	want := object{
		"number": "0000777", "email": "Zoe@example.org", "title": "Ms", "firstName": "Zoë", "lastName": "Brontë", "language": "fr-CH", "birthDate": "1980-02-29",
		"phone": "+442079460123", "street": "1 High Street", "postcode": "W1A 1AA", "city": "London", "country": "GB",
		"criteria":       object{"GENRE": "JAZZ", "INTERESTS": []any{"CONCERTS", "TALKS"}, "SUBSCRIBER": false, "NOTE": "=1+1"},
		"authorisations": object{"EMAIL": true, "PHONE": false, "POST": "empty", "PARTNERS": "empty"},
		"provenance":     object{"GENRE": from, "INTERESTS": from, "SUBSCRIBER": from, "NOTE": from, "EMAIL": from, "PHONE": from},
	}
	a := s.call(operator, "PUT", contact, body).want(201)
	if d := cmp.Diff(want, a.object()); d != "" {
		t.Error(d)
	}
	tag := a.header.Get("ETag")
	a = s.call(viewer, "GET", contact, nil).want(200)
	if d := cmp.Diff(want, a.object()); d != "" {
		t.Error(d)
	}
	if a.header.Get("ETag") != tag || len(tag) < 10 {
		t.Errorf("ETag %q and %q", tag, a.header.Get("ETag"))
	}

	// What a GET shows can be put back; what stays the same keeps its origin.
	s.now = s.now.AddDate(0, 0, 1)
	back := a.object()
	back["criteria"].(object)["GENRE"] = "ROCK"
	got := s.call(admin, "PUT", contact, back).want(200).object()
	want["criteria"].(object)["GENRE"] = "ROCK"
	want["provenance"].(object)["GENRE"] = object{"at": "2026-03-02T09:00:00Z", "by": "ada@aurora.example", "byId": "u1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// What is absent becomes empty.
	got = s.call(operator, "PUT", contact, object{"lastName": "X"}).want(200).object()
	if d := cmp.Diff(object{"number": "0000777", "lastName": "X", "criteria": object{}, "provenance": object{},
		"authorisations": object{"EMAIL": "empty", "PHONE": "empty", "POST": "empty", "PARTNERS": "empty"}}, got); d != "" {
		t.Error(d)
	}
	s.call(operator, "DELETE", contact, nil).want(204)
	s.call(operator, "DELETE", contact, nil).problem(404, "notFound")
	s.call(viewer, "GET", contact, nil).problem(404, "notFound")
	// Leading zeros count.
	s.call(operator, "PUT", "/api/contacts/777", object{}).want(201)
	s.call(viewer, "GET", contact, nil).problem(404, "notFound")
}

func TestContactIsChecked(t *testing.T) {
	s := newStack(t)
	for name, c := range map[string]struct {
		number string
		body   object
		at     []string
	}{
		"number of letters":    {"12a", object{}, []string{"path.number"}},
		"number too long":      {strings.Repeat("1", 21), object{}, []string{"path.number"}},
		"other digits":         {"%EF%BC%91", object{}, []string{"path.number"}},
		"another number":       {"12", object{"number": "13"}, []string{"body.number"}},
		"bad e-mail":           {"1", object{"email": "ana"}, []string{"body.email"}},
		"e-mail with a name":   {"1", object{"email": "Ana <ana@example.com>"}, []string{"body.email"}},
		"two e-mails":          {"1", object{"email": "a@example.com, b@example.com"}, []string{"body.email"}},
		"e-mail with a break":  {"1", object{"email": "a@example.com\r\nBcc: b@example.com"}, []string{"body.email"}},
		"long e-mail":          {"1", object{"email": strings.Repeat("a", 250) + "@example.com"}, []string{"body.email"}},
		"language":             {"1", object{"language": "Klingon"}, []string{"body.language"}},
		"date that is none":    {"1", object{"birthDate": "1981-02-29"}, []string{"body.birthDate"}},
		"date otherwise":       {"1", object{"birthDate": "29.02.1980"}, []string{"body.birthDate"}},
		"date to come":         {"1", object{"birthDate": "2030-01-01"}, []string{"body.birthDate"}},
		"long ago":             {"1", object{"birthDate": "0001-01-01"}, []string{"body.birthDate"}},
		"telephone":            {"1", object{"phone": "12"}, []string{"body.phone"}},
		"title not listed":     {"1", object{"title": "Captain"}, []string{"body.title"}},
		"country":              {"1", object{"country": "Atlantis"}, []string{"body.country"}},
		"control character":    {"1", object{"city": "a\x07b"}, []string{"body.city"}},
		"long postcode":        {"1", object{"postcode": strings.Repeat("1", 21)}, []string{"body.postcode"}},
		"unknown criterion":    {"1", object{"criteria": object{"NONE": "x", "EMAIL": true}}, []string{"body.criteria.EMAIL", "body.criteria.NONE"}},
		"unknown value":        {"1", object{"criteria": object{"GENRE": "JAZ"}}, []string{"body.criteria.GENRE"}},
		"small letters":        {"1", object{"criteria": object{"GENRE": "jazz"}}, []string{"body.criteria.GENRE"}},
		"a list for a choice":  {"1", object{"criteria": object{"GENRE": []any{"JAZZ"}}}, []string{"body.criteria.GENRE"}},
		"a choice for a list":  {"1", object{"criteria": object{"INTERESTS": "TALKS"}}, []string{"body.criteria.INTERESTS"}},
		"unknown in a list":    {"1", object{"criteria": object{"INTERESTS": []any{"TALKS", 7}}}, []string{"body.criteria.INTERESTS"}},
		"a retired value":      {"1", object{"criteria": object{"SEGMENT": "GOLD"}}, []string{"body.criteria.SEGMENT"}},
		"a word for yesno":     {"1", object{"criteria": object{"SUBSCRIBER": "true"}}, []string{"body.criteria.SUBSCRIBER"}},
		"a number for text":    {"1", object{"criteria": object{"NOTE": 5}}, []string{"body.criteria.NOTE"}},
		"text too long":        {"1", object{"criteria": object{"NOTE": strings.Repeat("é", 251), "NICKNAME": strings.Repeat("x", 41)}}, []string{"body.criteria.NICKNAME", "body.criteria.NOTE"}},
		"text with a break":    {"1", object{"criteria": object{"NOTE": "a\nb"}}, []string{"body.criteria.NOTE"}},
		"authorisation word":   {"1", object{"authorisations": object{"EMAIL": "yes", "PHONE": 1, "GENRE": true}}, []string{"body.authorisations.EMAIL", "body.authorisations.GENRE", "body.authorisations.PHONE"}},
		"proof too long":       {"1", object{"proof": strings.Repeat("x", 251)}, []string{"body.proof"}},
		"several at once":      {"x", object{"email": "y", "criteria": object{"Z": 1}}, []string{"path.number", "body.email", "body.criteria.Z"}},
		"criteria that are no": {"1", object{"criteria": []any{}}, []string{"body.criteria"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.call(operator, "PUT", "/api/contacts/"+c.number, c.body).problem(422, "invalid", c.at...)
		})
	}
	s.t = t
	s.call(operator, "GET", "/api/contacts/1", nil).problem(404, "notFound")
	for _, n := range []string{"x", "%23" + "0012345", strings.Repeat("1", 21), strings.Repeat("1", 150)} {
		s.call(operator, "GET", "/api/contacts/"+n, nil).problem(404, "notFound")
		s.call(operator, "DELETE", "/api/contacts/"+n, nil).problem(404, "notFound")
	}
}

// A value is refused with the code that a row of a file would be rejected with.
func TestContactFaultsHaveCodes(t *testing.T) {
	s := newStack(t)
	p := s.call(operator, "PUT", "/api/contacts/1", object{"email": "ana", "birthDate": "29.02.1980", "proof": strings.Repeat("x", 251),
		"criteria": object{"GENRE": "NOPE", "SEGMENT": "GOLD", "NOTE": "a\nb", "Z": 1}}).problem(422, "invalid",
		"body.email", "body.birthDate", "body.criteria.GENRE", "body.criteria.NOTE", "body.criteria.SEGMENT", "body.criteria.Z", "body.proof")
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Code)
	}
	want := []string{"badEmail", "badDate", "unknownValue", "lineBreak", "retiredValue", "invalid", "textTooLong"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is wrong with a person's data is said without the data.
func TestFaultsOfAContactDoNotShowIt(t *testing.T) {
	s := newStack(t)
	for _, c := range []struct{ field, value, message string }{
		{"email", "marker ana@example.com", "This has a blank, which no e-mail address has."},
		{"email", " marker ana@example.com ", "This has a blank, which no e-mail address has."},
		{"email", "ana@mar_ker..com", "This has two dots in a row."},
		{"email", "ana@-märker.com", "This has something after the @, which is no domain."},
		{"email", "Ana <marker@example.com>", "This has a name or angle brackets. Write the address alone."},
		{"lastName", "marker@example.com", "This is an e-mail address, not a name."},
		{"birthDate", "marker", "A birth date is a day of the form 1980-12-31."},
		{"birthDate", "3/4/1980", "A birth date is a day of the form 1980-12-31."},
		{"birthDate", "2030-01-01", "This is in the future, and a birth date is not."},
		{"phone", `marker "7"`, "This has letters. A telephone number has digits, blanks and a + at the beginning."},
		{"phone", "2079460123", "This has lost its leading 0, as spreadsheets do. Format the column as text."},
		{"title", "Compani", "This is not one of the titles. Did you mean Company?"},
		{"language", "Italain", "This is no language. Did you mean it (Italian)?"},
		{"country", "Frnace", "This is no country. Did you mean FR (France)?"},
	} {
		t.Run(c.field+" "+c.value, func(t *testing.T) {
			s.t = t
			p := s.call(operator, "PUT", "/api/contacts/1", object{c.field: c.value}, "Accept-Language: en").problem(422, "invalid", "body."+c.field)
			if p.Detail != c.message || p.Errors[0].Message != c.message {
				t.Errorf("%q, %q", p.Detail, p.Errors[0].Message)
			}
		})
	}
}

// Who has a retired value keeps it; nobody gets it.
func TestRetiredValuesStay(t *testing.T) {
	s := newStack(t)
	if err := s.contacts.Load(t.Context(), "aurora", func(yield func(domain.Contact) bool) {
		yield(domain.Contact{Number: "0000777", Fields: map[domain.Field]domain.Value{"criterion:SEGMENT": "GOLD"}})
	}); err != nil {
		t.Fatal(err)
	}
	s.call(operator, "PUT", contact, object{"lastName": "X", "criteria": object{"SEGMENT": "GOLD"}}).want(200)
	s.call(operator, "PUT", contact, object{"criteria": object{"SEGMENT": "PRESS"}}).want(200)
	s.call(operator, "PUT", contact, object{"criteria": object{"SEGMENT": "GOLD"}}).problem(422, "invalid", "body.criteria.SEGMENT")
}

// What a contact has may stay, although it would not be taken today.
func TestWhatAContactHasMayStay(t *testing.T) {
	s := newStack(t)
	if err := s.contacts.Load(t.Context(), "aurora", func(yield func(domain.Contact) bool) {
		yield(domain.Contact{Number: "0000777", Fields: map[domain.Field]domain.Value{domain.ContactTitle: "Captain", domain.ContactPhone: "ask at the desk", domain.ContactEmail: "nobody"}})
	}); err != nil {
		t.Fatal(err)
	}
	got := s.call(viewer, "GET", contact, nil).want(200).object()
	got["city"] = "Bath"
	if d := cmp.Diff(got, s.call(operator, "PUT", contact, got).want(200).object()); d != "" {
		t.Error(d)
	}
	got["title"] = "Kaptain"
	s.call(operator, "PUT", contact, got).problem(422, "invalid", "body.title")
}

// A value is marked as used before a contact has it, so that it is not removed.
func TestPutContactMarksValues(t *testing.T) {
	s := newStack(t)
	s.call(admin, "PUT", "/api/criteria/NEW", object{"label": "New", "kind": "multichoice", "values": values(3)}).want(201)
	s.call(operator, "PUT", contact, object{"criteria": object{"NEW": []any{"V1"}}}).want(201)
	d, _ := s.field("NEW")
	if diff := cmp.Diff([]string{"V1"}, d.UsedValues); diff != "" || !d.Used {
		t.Error(d)
	}
	s.call(operator, "DELETE", contact, nil).want(204)
	s.call(admin, "DELETE", "/api/criteria/NEW", nil).problem(409, "inUse")
}

// A criterion that goes while a contact is written is not brought back.
func TestPutContactWhileACriterionGoes(t *testing.T) {
	s := newStack(t)
	s.call(admin, "PUT", "/api/criteria/GOING", object{"label": "L", "kind": "yesno"}).want(201)
	s.config.Catalogue = &goingCatalogue{store: s.catalogue}
	s.rebuild()
	s.call(operator, "PUT", contact, object{"criteria": object{"GOING": true}}).problem(409, "catalogueChanged")
	s.call(viewer, "GET", contact, nil).problem(404, "notFound")
}

func TestIfMatch(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", contact, object{}, "If-Match: *").problem(412, "changedSince")
	tag := s.call(operator, "PUT", contact, object{"city": "Bath"}).want(201).header.Get("ETag")
	next := s.call(operator, "PUT", contact, object{"city": "Rome"}, "If-Match: "+tag).want(200).header.Get("ETag")
	if next == tag {
		t.Error("the ETag did not change")
	}
	s.call(operator, "PUT", contact, object{"city": "Oslo"}, "If-Match: "+tag).problem(412, "changedSince")
	// An import's change counts as well.
	ws, err := s.contacts.Write(t.Context(), "aurora", []domain.Write{{Number: "0000777", Set: map[domain.Field]domain.Value{"criterion:NOTE": "x"}, Ticket: domain.Ticket{Order: "0000001"}, Applied: domain.Applied{Import: "i"}}})
	if err != nil || !ws[0].Done {
		t.Fatal(ws, err)
	}
	s.call(operator, "PUT", contact, object{"city": "Oslo"}, "If-Match: "+next).problem(412, "changedSince")
	s.call(operator, "PUT", contact, object{"city": "Oslo"}, `If-Match: "x", *`).want(200)
	if got := s.call(viewer, "GET", contact, nil).object()["city"]; got != "Oslo" {
		t.Error(got)
	}
}

func TestFindContacts(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", "/api/contacts/0000777", object{"lastName": "Çelik Özgür", "email": "celik@example.org"}).want(201)
	s.call(operator, "PUT", "/api/contacts/0000778", object{"lastName": "Celikbas"}).want(201)
	find := func(q string) string {
		t.Helper()
		var page struct{ Items []struct{ Number string } }
		s.call(operator, "GET", "/api/contacts?limit=200&q="+url.QueryEscape(q), nil).want(200).into(&page)
		var ns []string
		for _, c := range page.Items {
			ns = append(ns, c.Number)
		}
		return strings.Join(ns, " ")
	}
	for q, want := range map[string]string{
		"0000777": "0000777", "#0000777": "0000777", " 0000777 ": "0000777", "＃００００７７７": "0000777", "777": "0000777",
		"CELIK@example.org": "0000777", "ana@nowhere.example": "",
		"celik": "0000777 0000778", "ÇELIK Ö": "0000777", "elik": "0000777 0000778",
		"<script>": "", "%": "", "'%": "", `\`: "", "*": "",
	} {
		if got := find(q); got != want && !(q == "celik" && got == "0000778 0000777") {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	if n := len(strings.Fields(find(""))); n != seeded+2 {
		t.Errorf("%d contacts", n)
	}
	for _, q := range []string{"%00", "%FF", "a%0Ab"} {
		s.call(viewer, "GET", "/api/contacts?q="+q, nil).problem(422, "invalid", "query.q")
	}
	s.call(viewer, "GET", "/api/contacts?q="+strings.Repeat("a", 255), nil).problem(422, "invalid", "query.q")

	// Pages follow each other without a gap.
	var all []string
	cursor := ""
	for {
		var page struct {
			Items      []struct{ Number string }
			NextCursor string
		}
		s.call(operator, "GET", "/api/contacts?limit=7&cursor="+cursor, nil).want(200).into(&page)
		for _, c := range page.Items {
			all = append(all, c.Number)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if d := cmp.Diff(strings.Fields(find("")), all); d != "" {
		t.Error(d)
	}
}

func TestPutContactOutlastsARace(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", contact, object{"city": "Bath"}).want(201)
	racing := &racingContacts{Contacts: s.contacts, times: 2}
	s.config.Contacts = racing
	s.rebuild()
	s.call(operator, "PUT", contact, object{"city": "Rome"}).want(200)
	racing.times = 100
	s.call(operator, "PUT", contact, object{"city": "Oslo"}).problem(409, "changed")
	if got := s.call(viewer, "GET", contact, nil).object()["city"]; got != "Rome" {
		t.Error(got)
	}
}

// What people and imports changed can be read, by those who may read contacts.
// Of two who put the same new contact at the same time, one creates it.
func TestPutContactIsCreatedOnce(t *testing.T) {
	s := newStack(t)
	if _, err := s.contacts.Put(t.Context(), demo.Aurora, domain.Contact{Number: "556"}, domain.Provenance{}); err != nil {
		t.Fatal(err)
	}
	s.config.Contacts = &hiddenContacts{Contacts: s.contacts, times: 1}
	s.rebuild()
	s.call(operator, "PUT", "/api/contacts/556", object{"city": "Bath"}).want(200)
}

func TestHistory(t *testing.T) {
	s := newStack(t)
	s.call(operator, "PUT", "/api/contacts/0000777", object{"lastName": "Old"}).want(201)
	s.call(operator, "PUT", "/api/contacts/0000777", object{"lastName": "New"}).want(200)
	var got struct{ Items []map[string]any }
	s.call(viewer, "GET", "/api/contacts/0000777/history", nil).want(200).into(&got)
	if len(got.Items) == 0 || got.Items[0]["field"] != "contact:lastName" || got.Items[0]["from"] != "Old" || got.Items[0]["to"] != "New" || got.Items[0]["by"] != operator.Email {
		t.Errorf("%v", got.Items)
	}
	s.call(stranger, "GET", "/api/contacts/0000777/history", nil).problem(404, "notFound")
}

// countingContacts counts whom a search looks at, a second for each.
type countingContacts struct {
	api.Contacts
	seen int
}

func (c *countingContacts) Search(ctx context.Context, in domain.InstitutionID, match func(domain.Contact) bool, limit int, enough func(int) bool, from string) ([]domain.Contact, string, error) {
	return c.Contacts.Search(ctx, in, func(d domain.Contact) bool {
		c.seen++
		return match(d)
	}, limit, enough, from)
}

// Whoever has the address is found without a look at the others, and a search for a
// part of something ends its page in time for its answer, however slow the looking.
func TestSearchIsBounded(t *testing.T) {
	s := newStack(t)
	for i := range 30 {
		s.call(operator, "PUT", fmt.Sprintf("/api/contacts/77%04d", i), object{"email": fmt.Sprintf("q%d@example.org", i)}).want(201)
	}
	counting := &countingContacts{Contacts: s.contacts}
	s.config.Contacts = counting
	now := s.config.Now
	s.config.Now = func() time.Time { return now().Add(time.Duration(counting.seen) * time.Second) }
	s.rebuild()
	var page struct {
		Items      []object
		NextCursor string
	}
	s.call(viewer, "POST", "/api/contacts/search", object{"q": "q7@example.org"}).want(200).into(&page)
	if len(page.Items) != 1 || page.NextCursor != "" || counting.seen != 0 {
		t.Errorf("%d found, next %q, %d looked at", len(page.Items), page.NextCursor, counting.seen)
	}
	all, pages := 0, 0
	for body := (object{"q": "@example.org", "limit": 200}); ; pages++ {
		counting.seen = 0
		s.call(viewer, "POST", "/api/contacts/search", body).want(200).into(&page)
		if all += len(page.Items); counting.seen > 12 || pages > 10 {
			t.Fatalf("%d looked at in one request, the %dth", counting.seen, pages+1)
		}
		if page.NextCursor == "" {
			break
		}
		body["cursor"], page.NextCursor = page.NextCursor, ""
	}
	if all < 30 || pages == 0 {
		t.Errorf("%d found on %d pages", all, pages+1)
	}
}

// What is looked for in a body finds what the same words in an address find, page
// by page, and neither they nor anything of a contact is logged.
func TestSearchByBody(t *testing.T) {
	s := newStack(t)
	for i := range 3 {
		s.call(operator, "PUT", fmt.Sprintf("/api/contacts/77000%d", i), object{"lastName": "Quillfeather", "email": fmt.Sprintf("q%d@example.org", i)}).want(201)
	}
	type page struct {
		Items      []object `json:"items"`
		NextCursor string   `json:"nextCursor"`
	}
	for _, q := range []string{"quillf", "Quillfeather", "q1@example.org", "770002", "nobody", ""} {
		var get, post page
		s.call(operator, "GET", "/api/contacts?limit=2&q="+url.QueryEscape(q), nil).want(200).into(&get)
		s.call(operator, "POST", "/api/contacts/search", object{"q": q, "limit": 2}).want(200).into(&post)
		if d := cmp.Diff(get, post); d != "" {
			t.Errorf("%q: %s", q, d)
		}
		if get.NextCursor == "" {
			continue
		}
		s.call(operator, "GET", "/api/contacts?limit=2&q="+url.QueryEscape(q)+"&cursor="+url.QueryEscape(get.NextCursor), nil).want(200).into(&get)
		s.call(operator, "POST", "/api/contacts/search", object{"q": q, "limit": 2, "cursor": post.NextCursor}).want(200).into(&post)
		if d := cmp.Diff(get, post); d != "" || len(post.Items) == 0 {
			t.Errorf("%q, second page: %s", q, d)
		}
	}
	s.call(operator, "POST", "/api/contacts/search", object{"limit": 201}).problem(422, "invalid", "body.limit")
	s.call(operator, "POST", "/api/contacts/search", object{"q": "a\nb"}).problem(422, "invalid", "body.q")
	if strings.Contains(s.log.String(), "uillf") {
		t.Error("the log has a name")
	}
}

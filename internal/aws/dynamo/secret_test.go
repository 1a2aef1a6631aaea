package dynamo_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
)

func stringOf(a types.AttributeValue) string {
	s, _ := a.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// lookupsOf returns all items of a table.
func lookupsOf(t *testing.T, client *dynamodb.Client, table string) []map[string]types.AttributeValue {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	must(t, err)
	return out.Items
}

// Keys of tables are seen where values are not. None has a person's name or address
// in it, nor what anybody without the institution's key could compute from one; nor
// has a cursor.
func TestKeysHoldNoNamesOrAddresses(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	// What hides a name is ASCII and as good as random, so that a short piece of a
	// Latin name is in it by chance; a letter of this name never is.
	person := func(n domain.ContactNumber, first string) domain.Contact {
		return domain.Contact{Number: n, Fields: map[domain.Field]domain.Value{
			domain.ContactEmail: "wanda@example.org", domain.ContactLastName: "Щукин", domain.ContactFirstName: domain.Value(first)}}
	}
	for _, in := range []domain.InstitutionID{opera, "club"} {
		for i, first := range []string{"Wanda", "Wilma", "Werner"} {
			_, err := s.contacts.Put(ctx, in, person(domain.ContactNumber(fmt.Sprint(i+1)), first), domain.Provenance{})
			must(t, err)
		}
	}
	out, err := s.contacts.Create(ctx, opera, people("import-1", 0))
	must(t, err)
	var words []string
	for _, made := range out {
		if c, err := s.contacts.Get(ctx, opera, made.Number); err == nil {
			words = append(words, strings.ToLower(c.Email()), strings.ToLower(string(c.Get(domain.ContactLastName))))
		}
	}
	words = slices.DeleteFunc(append(words, "wanda"), func(w string) bool { return w == "" })
	if len(words) < 10 {
		t.Fatal(words)
	}
	of := map[string]int{}
	for _, table := range s.tables[:3] {
		for _, it := range lookupsOf(t, s.client, table) {
			key := strings.ToLower(stringOf(it["pk"]) + " " + stringOf(it["sk"]))
			for _, w := range words {
				if strings.Contains(key, w) || strings.ContainsAny(key, "щукин") {
					t.Errorf("the key %q has %q, or a letter of Щукин", key, w)
				}
			}
			_, hidden, _ := strings.Cut(stringOf(it["pk"]), "#")
			of[hidden+stringOf(it["sk"])]++
		}
	}
	for key, n := range of {
		if n > 1 && (strings.HasPrefix(key, "email#") || strings.HasPrefix(key, "name#")) {
			t.Errorf("two institutions have the key %q: who knows one knows the other", key)
		}
	}
	for _, q := range []string{"wanda@example.org", "щуки"} {
		cs, next, err := s.contacts.Find(ctx, opera, q, 1, "")
		must(t, err)
		if len(cs) != 1 || next == "" {
			t.Fatalf("%q finds %d, then %q", q, len(cs), next)
		}
		read, err := base64.RawURLEncoding.DecodeString(next)
		must(t, err)
		if text := strings.ToLower(string(read)); strings.ContainsAny(text, "щукин") || strings.Contains(text, "wanda") {
			t.Errorf("the cursor says %q", text)
		}
	}
}

// before puts look-ups and contacts as versions before this one left them.
func before(t *testing.T, s stores, cs ...domain.Contact) {
	t.Helper()
	must(t, s.contacts.Load(t.Context(), opera, slices.Values(cs)))
	for _, it := range lookupsOf(t, s.client, s.tables[1]) {
		_, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.tables[1],
			Key: map[string]types.AttributeValue{"pk": it["pk"], "sk": it["sk"]}})
		must(t, err)
	}
	for _, it := range lookupsOf(t, s.client, s.tables[3]) {
		_, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.tables[3],
			Key: map[string]types.AttributeValue{"pk": it["pk"], "sk": it["sk"]}})
		must(t, err)
	}
	for _, c := range cs {
		name := strings.ToLower(string(c.Get(domain.ContactLastName)) + " " + string(c.Get(domain.ContactFirstName)))
		for pk, sk := range map[string]string{"opera#e#" + c.Email(): string(c.Number), "opera#n#" + name[:1]: name + "\t" + string(c.Number)} {
			_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.tables[1], Item: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}})
			must(t, err)
		}
	}
}

// Contacts of a version before are found, changed and deleted as ever, and
// CheckLookups replaces the keys that name them; nobody is missing at any moment.
func TestLookUpsOfBeforeAreReadUntilTheyAreReplaced(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	var cs []domain.Contact
	for i := range 7 {
		cs = append(cs, domain.Contact{Number: number(i), Version: 1, Fields: map[domain.Field]domain.Value{
			domain.ContactEmail: "shared@example.org", domain.ContactLastName: "Kobel", domain.ContactFirstName: domain.Value(fmt.Sprint("Ka", i))}})
	}
	before(t, s, cs...)
	fresh := func() *dynamo.Contacts { // as a process that starts now
		db := dynamo.Open(settings(t))
		return dynamo.NewContacts(db, s.tables[0], s.tables[1], s.tables[2], s.tables[3])
	}
	s.contacts = fresh()
	found := func(store *dynamo.Contacts, q string, limit int) []domain.ContactNumber {
		t.Helper()
		var ns []domain.ContactNumber
		for cursor := ""; ; {
			page, next, err := store.Find(ctx, opera, q, limit, cursor)
			must(t, err)
			for _, c := range page {
				ns = append(ns, c.Number)
			}
			if read, _ := base64.RawURLEncoding.DecodeString(next); strings.Contains(strings.ToLower(string(read)), "kobel") {
				t.Errorf("the cursor says %q", read)
			}
			if cursor = next; cursor == "" {
				slices.Sort(ns)
				return ns
			}
		}
	}
	all := func(store *dynamo.Contacts, but ...domain.ContactNumber) {
		t.Helper()
		var want []domain.ContactNumber
		for i := range 7 {
			if !slices.Contains(but, number(i)) {
				want = append(want, number(i))
			}
		}
		for _, limit := range []int{1, 3, 4, 7, 9} {
			for _, q := range []string{"shared@example.org", "kob", "kobel ka"} {
				if d := cmp.Diff(want, found(store, q, limit)); d != "" {
					t.Errorf("%q by %d: %s", q, limit, d)
				}
			}
		}
		by, err := store.ByEmail(ctx, opera, []string{"Shared@example.org"})
		must(t, err)
		if d := cmp.Diff(want, by["Shared@example.org"]); d != "" {
			t.Error(d)
		}
		named, err := store.ByName(ctx, opera, []string{"kobel ka4"})
		must(t, err)
		if len(named["kobel ka4"]) != 1 {
			t.Error(named)
		}
	}
	all(s.contacts)
	// One is changed, one deleted, one renamed: their keys of before are gone.
	change := func(i int, f map[domain.Field]domain.Value) {
		t.Helper()
		c, err := s.contacts.Get(ctx, opera, number(i))
		must(t, err)
		for k, v := range f {
			c.Fields[k] = v
		}
		_, err = s.contacts.Put(ctx, opera, c, domain.Provenance{})
		must(t, err)
	}
	change(1, map[domain.Field]domain.Value{domain.ContactCity: "Bern"})
	change(2, map[domain.Field]domain.Value{domain.ContactLastName: "Ander", domain.ContactEmail: "ander@example.org"})
	must(t, s.contacts.Delete(ctx, opera, number(3)))
	all(s.contacts, number(2), number(3))
	all(fresh(), number(2), number(3))
	named := func() (ns []string) {
		for _, it := range lookupsOf(t, s.client, s.tables[1]) {
			if key := stringOf(it["pk"]) + stringOf(it["sk"]); strings.Contains(key, "shared@") || strings.Contains(key, "kobel") {
				ns = append(ns, key)
			}
		}
		return ns
	}
	if got := named(); len(got) != 2*4 {
		t.Errorf("keys of before: %q", got)
	}
	old := fresh()
	all(old, number(2), number(3))
	_, err := s.contacts.CheckLookups(ctx, opera, true)
	must(t, err)
	if got := named(); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
	for _, store := range []*dynamo.Contacts{s.contacts, old, fresh()} {
		all(store, number(2), number(3))
	}
	r, err := s.contacts.CheckLookups(ctx, opera, false)
	must(t, err)
	if !r.Clean() {
		t.Errorf("%+v", r)
	}
	// What was never there is not looked for.
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.tables[1], Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "opera#e#ander@example.org"}, "sk": &types.AttributeValueMemberS{Value: string(number(2))}}})
	must(t, err)
	if got := found(fresh(), "ander@example.org", 10); !slices.Equal(got, []domain.ContactNumber{number(2)}) {
		t.Errorf("found %v", got)
	}
}

// gathered moves the look-ups of names to where the version before had them, one
// partition for each first letter.
func gathered(t *testing.T, s stores) {
	t.Helper()
	for _, it := range lookupsOf(t, s.client, s.tables[1]) {
		pk := stringOf(it["pk"])
		letter, _, spread := strings.Cut(pk, ".")
		if !strings.HasPrefix(pk, "opera#name#") || !spread {
			continue
		}
		_, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.tables[1], Key: map[string]types.AttributeValue{"pk": it["pk"], "sk": it["sk"]}})
		must(t, err)
		it["pk"] = &types.AttributeValueMemberS{Value: letter}
		_, err = s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.tables[1], Item: it})
		must(t, err)
	}
	_, err := s.client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: &s.tables[3], UpdateExpression: aws.String("REMOVE spread"),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "opera#key"}, "sk": &types.AttributeValueMemberS{Value: "lookups"}}})
	must(t, err)
}

// nameParts counts the look-ups of names by partition, without what names the part.
func nameParts(t *testing.T, s stores) (spread map[string]int, gathered int) {
	t.Helper()
	spread = map[string]int{}
	for _, it := range lookupsOf(t, s.client, s.tables[1]) {
		if pk := stringOf(it["pk"]); strings.HasPrefix(pk, "opera#name#") && strings.Contains(pk, ".") {
			spread[pk]++
		} else if strings.HasPrefix(pk, "opera#name#") {
			gathered++
		}
	}
	return spread, gathered
}

// Names with one first letter lie in eight partitions, each of which takes 1,000
// writes a second; a whole name is looked up by one query, the start of one by eight.
func TestNamesAreSpread(t *testing.T) {
	s := connected(t)
	const n = 800
	must(t, s.contacts.Load(t.Context(), opera, func(yield func(domain.Contact) bool) {
		for i := range n {
			if !yield(domain.Contact{Number: number(i), Fields: map[domain.Field]domain.Value{domain.ContactLastName: "Smith", domain.ContactFirstName: domain.Value(fmt.Sprintf("Sam %d", i))}}) {
				return
			}
		}
	}))
	parts, rest := nameParts(t, s)
	most := 0
	for _, k := range parts {
		most = max(most, k)
	}
	if len(parts) != 8 || rest != 0 || most > n/4 {
		t.Errorf("%v, and %d together", parts, rest)
	}
	queries := 0
	s.net.heard = func(op string, _ []byte) {
		if op == "Query" {
			queries++
		}
	}
	by, err := s.contacts.ByName(t.Context(), opera, []string{"smith sam 17"})
	must(t, err)
	if len(by["smith sam 17"]) != 1 || queries != 1 {
		t.Errorf("%d contacts by %d queries", len(by["smith sam 17"]), queries)
	}
	queries = 0
	cs, next, err := s.contacts.Find(t.Context(), opera, "smith sam 799", 50, "")
	must(t, err)
	if len(cs) != 1 || next != "" || queries != 8 {
		t.Errorf("%d contacts by %d queries, then %q", len(cs), queries, next)
	}
	s.net.heard = nil
	for _, limit := range []int{7, 100, 799, 800, 1000} {
		seen := map[domain.ContactNumber]bool{}
		pages := 0
		for cursor := ""; ; {
			cs, next, err := s.contacts.Find(t.Context(), opera, "s", limit, cursor)
			must(t, err)
			for _, c := range cs {
				seen[c.Number] = true
			}
			if pages++; len(cs) == 0 || len(cs) > limit || next != "" && len(cs) < limit {
				t.Fatalf("a page of %d by %d, then %q", len(cs), limit, next)
			}
			if cursor = next; next == "" {
				break
			}
		}
		if len(seen) != n || pages != (n+limit-1)/limit {
			t.Errorf("%d contacts in %d pages of %d", len(seen), pages, limit)
		}
	}
	for _, bad := range []string{"8/x", "-1/x", "x", "0", "0/x"} {
		cursor := base64.RawURLEncoding.EncodeToString([]byte("1:name:" + bad))
		if _, _, err := s.contacts.Find(t.Context(), opera, "s", 10, cursor); err == nil || !strings.Contains(err.Error(), "cursorInvalid") {
			t.Errorf("the cursor %q: %v", bad, err)
		}
	}
}

// Names that the version before gathered are found, changed and deleted as ever, and
// CheckLookups spreads them; nobody is missing at any moment.
func TestGatheredNamesAreReadUntilTheyAreSpread(t *testing.T) {
	s := connected(t)
	ctx := t.Context()
	var cs []domain.Contact
	for i := range 20 {
		cs = append(cs, domain.Contact{Number: number(i), Version: 1, Fields: map[domain.Field]domain.Value{
			domain.ContactLastName: "Kobel", domain.ContactFirstName: domain.Value(fmt.Sprint("Ka", i))}})
	}
	must(t, s.contacts.Load(ctx, opera, slices.Values(cs)))
	gathered(t, s)
	fresh := func() *dynamo.Contacts { // as a process that starts now
		return dynamo.NewContacts(dynamo.Open(settings(t)), s.tables[0], s.tables[1], s.tables[2], s.tables[3])
	}
	s.contacts = fresh()
	whole := func(store *dynamo.Contacts, but ...domain.ContactNumber) {
		t.Helper()
		for _, limit := range []int{1, 3, 19, 20, 50} {
			seen := map[domain.ContactNumber]bool{}
			for cursor := ""; ; {
				page, next, err := store.Find(ctx, opera, "kobel", limit, cursor)
				must(t, err)
				for _, c := range page {
					seen[c.Number] = true
				}
				if cursor = next; next == "" {
					break
				}
			}
			for i := range 20 {
				if seen[number(i)] == slices.Contains(but, number(i)) {
					t.Errorf("by %d, %s is found: %v", limit, number(i), seen[number(i)])
				}
			}
		}
		by, err := store.ByName(ctx, opera, []string{"kobel ka4", "kobel ka5"})
		must(t, err)
		if len(by["kobel ka4"]) != 1 || len(by["kobel ka5"]) != 1 {
			t.Errorf("by name: %v", by)
		}
	}
	whole(s.contacts)
	change := func(i int, last domain.Value) {
		t.Helper()
		c, err := s.contacts.Get(ctx, opera, number(i))
		must(t, err)
		c.Fields[domain.ContactLastName] = last
		_, err = s.contacts.Put(ctx, opera, c, domain.Provenance{})
		must(t, err)
	}
	change(1, "Kobel") // its look-ups are written anew
	change(2, "Ander")
	must(t, s.contacts.Delete(ctx, opera, number(3)))
	made, err := s.contacts.Create(ctx, opera, []domain.Creation{{Number: number(4000), Fields: map[domain.Field]domain.Value{domain.ContactLastName: "Kobel", domain.ContactFirstName: "New"},
		Ticket: domain.Ticket{Slot: 1, Order: "0000001"}, Applied: domain.Applied{Import: "i", Line: 2}}})
	must(t, err)
	if !made[0].Done {
		t.Fatalf("%+v", made)
	}
	whole(s.contacts, number(2), number(3))
	if _, left := nameParts(t, s); left != 20-3 {
		t.Errorf("%d names lie together", left)
	}
	old := fresh()
	whole(old, number(2), number(3))
	_, err = s.contacts.CheckLookups(ctx, opera, true)
	must(t, err)
	spread, left := nameParts(t, s)
	all := 0
	for _, k := range spread {
		all += k
	}
	if left != 0 || all != 20 {
		t.Errorf("%d names lie together, %d apart", left, all)
	}
	for _, store := range []*dynamo.Contacts{s.contacts, old, fresh()} {
		whole(store, number(2), number(3))
	}
	if r, err := s.contacts.CheckLookups(ctx, opera, false); err != nil || !r.Clean() {
		t.Errorf("%+v, %v", r, err)
	}
	// Then nobody asks where they were.
	queries := 0
	s.contacts = connectedTo(t, s)
	s.net.heard = func(op string, _ []byte) {
		if op == "Query" {
			queries++
		}
	}
	if _, err := s.contacts.ByName(ctx, opera, []string{"kobel ka4"}); err != nil || queries != 1 {
		t.Errorf("%d queries, %v", queries, err)
	}
}

// connectedTo is the store again behind the same network.
func connectedTo(t *testing.T, s stores) *dynamo.Contacts {
	t.Helper()
	return dynamo.NewContacts(dynamo.Open(settings(t), func(o *dynamodb.Options) { o.HTTPClient = s.net }), s.tables[0], s.tables[1], s.tables[2], s.tables[3])
}

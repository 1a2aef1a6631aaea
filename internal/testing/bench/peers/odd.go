package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// after is what became of an odd file: each contact's name, genre and note, and
// whether anybody was told that something is wrong.
type after struct {
	Failed   string               `json:"failed"` // nothing was read at all
	Wrong    int                  `json:"wrong"`  // rows that are said to be wrong
	Contacts map[string][3]string `json:"contacts"`
}

const name, genre, note = 0, 1, 2

// odd are files as they come back, for three contacts: 0012345, who has OPERA by now,
// 0012346 and 0012347, who have JAZZ.
var odd = []struct {
	file, says string
	content    string
	became     func(after) string
}{
	{"1-conflict.csv", "somebody changed the value after the form was made", "Contact,[old] GENRE,[new] GENRE\n0012345,JAZZ,ROCK\n", func(a after) string {
		return either(a.Contacts["0012345"][genre] == "OPERA", "kept", "overwritten")
	}},
	{"2-unknown.csv", "a value that is none of the choices", "Contact,[old] GENRE,[new] GENRE\n0012346,JAZZ,POLKA\n", func(a after) string {
		return either(a.Contacts["0012346"][genre] == "JAZZ", "refused", "stored")
	}},
	{"3-one-bad.csv", "one wrong row among good ones", "Contact,[old] GENRE,[new] GENRE\n0012345,OPERA,ROCK\n0012346,JAZZ,POLKA\n0012347,JAZZ,ROCK\n", func(a after) string {
		return either(a.Contacts["0012347"][genre] == "ROCK", "the good ones are imported", "nothing is imported")
	}},
	{"4-zeros.csv", "a spreadsheet took the number's zeros", "Contact,[old] GENRE,[new] GENRE\n12346,JAZZ,ROCK\n", func(a after) string {
		return either(len(a.Contacts) > 3, "another contact is made", either(a.Contacts["0012346"][genre] == "ROCK", "the contact is found", "refused"))
	}},
	{"5-stranger.csv", "a number that nobody has", "Contact,[old] GENRE,[new] GENRE\n9999999,JAZZ,ROCK\n", func(a after) string {
		return either(len(a.Contacts) > 3, "a contact without a name is made", "refused")
	}},
	{"6-windows.csv", "semicolons and Windows-1252", "Contact;[old] NOTE;[new] NOTE\r\n0012346;a note;M\xfcller\r\n", func(a after) string {
		return either(a.Contacts["0012346"][note] == "Müller", "read rightly", "not read")
	}},
	{"7-twice.csv", "one contact twice, with two values", "Contact,[old] GENRE,[new] GENRE\n0012346,JAZZ,ROCK\n0012346,JAZZ,OPERA\n", func(a after) string {
		return either(a.Contacts["0012346"][genre] == "JAZZ", "neither is taken", "one of them is taken")
	}},
	{"8-empty.csv", "a cell that was left empty", "Contact,[old] GENRE,[new] GENRE\n0012346,JAZZ,\n", func(a after) string {
		return either(a.Contacts["0012346"][genre] == "JAZZ", "left as it is", "emptied")
	}},
	{"9-column.csv", "only one of the contact's fields in the file", "Contact,[old] GENRE,[new] GENRE\n0012346,JAZZ,ROCK\n", func(a after) string {
		return either(a.Contacts["0012346"][note] == "a note", "the others stay", "the others are lost")
	}},
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// odd sends each odd file to everybody and says what became of it.
func (r *runner) odd(ctx context.Context, dir, endpoint string) (map[string]map[string]string, error) {
	folder := filepath.Join(dir, "odd")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	for _, o := range odd {
		if err := os.WriteFile(filepath.Join(folder, o.file), []byte(o.content), 0o600); err != nil {
			return nil, err
		}
	}
	var django map[string]after
	cmd := exec.CommandContext(ctx, r.python, r.script, "odd-django", folder)
	var said bytes.Buffer
	cmd.Stderr = &said
	b, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(b, &django)
	}
	if err != nil {
		return nil, fmt.Errorf("django-import-export: %w: %.2000s", err, said.String())
	}
	fmt.Println("odd files, and what becomes of them")
	out := map[string]map[string]string{}
	for i, o := range odd {
		ours, err := oddOurs(ctx, []byte(o.content))
		if err != nil {
			return nil, err
		}
		batch, err := oddBatch(ctx, filepath.Join(folder, o.file), endpoint, fmt.Sprintf("odd-%d", i))
		if err != nil {
			return nil, err
		}
		out[o.says] = map[string]string{}
		fmt.Printf("  %s\n", o.says)
		for _, x := range []struct {
			who string
			after
		}{{"Rollbook", ours}, {"django-import-export", django[o.file]}, {"as ddbimport", batch}} {
			text := o.became(x.after)
			switch {
			case x.Failed != "":
				text = "the file fails (" + x.Failed + "): " + text
			case x.Wrong > 0:
				text += ", told"
			}
			out[o.says][x.who] = text
			fmt.Printf("    %-24s %s\n", x.who, text)
		}
	}
	return out, nil
}

var three = []struct{ number, genre string }{{"0012345", "OPERA"}, {"0012346", "JAZZ"}, {"0012347", "JAZZ"}}

func oddOurs(ctx context.Context, file []byte) (a after, err error) {
	h := inMemoryHouse()
	if err := demo.Seed(ctx, h.contacts, h.catalogue, demo.Aurora, 0); err != nil {
		return a, err
	}
	if err := h.contacts.Load(ctx, demo.Aurora, func(yield func(domain.Contact) bool) {
		for _, c := range three {
			if !yield(domain.Contact{Number: domain.ContactNumber(c.number), Fields: map[domain.Field]domain.Value{domain.ContactLastName: "Smith", "criterion:GENRE": domain.Value(c.genre), "criterion:NOTE": "a note"}}) {
				return
			}
		}
	}); err != nil {
		return a, err
	}
	done, err := h.through(ctx, file)
	if err != nil {
		return a, err
	}
	if done.Problem != nil {
		a.Failed = string(done.Problem.Reason.Code)
	}
	a.Wrong, a.Contacts = done.Counts.Rejected+done.Counts.Conflicted, map[string][3]string{}
	for c, err := range h.contacts.All(ctx, demo.Aurora) {
		if err != nil {
			return a, err
		}
		a.Contacts[string(c.Number)] = [3]string{string(c.Get(domain.ContactLastName)), string(c.Get("criterion:GENRE")), string(c.Get("criterion:NOTE"))}
	}
	return a, nil
}

func oddBatch(ctx context.Context, path, endpoint, to string) (a after, err error) {
	conf, _ := counted(endpoint)
	client := dynamodb.NewFromConfig(conf)
	if err := table(ctx, client, to, "Contact", ""); err != nil {
		return a, err
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for _, c := range three {
		if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &to, Item: map[string]types.AttributeValue{
			"Contact": text(c.number), "Last name": text("Smith"), "[new] GENRE": text(c.genre), "[new] NOTE": text("a note")}}); err != nil {
			return a, err
		}
	}
	if _, err := batches(ctx, path, endpoint, to); err != nil {
		a.Failed = "the service refuses it"
	}
	a.Contacts = map[string][3]string{}
	page, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &to})
	if err != nil {
		return a, err
	}
	for _, it := range page.Items {
		var row [3]string
		for i, column := range []string{name: "Last name", genre: "[new] GENRE", note: "[new] NOTE"} {
			if v, ok := it[column].(*types.AttributeValueMemberS); ok {
				row[i] = v.Value
			}
		}
		if v, ok := it["Contact"].(*types.AttributeValueMemberS); ok {
			a.Contacts[v.Value] = row
		}
	}
	return a, nil
}

package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/local/emulator"
)

// The restoration of docs/operations.md, rehearsed: contacts are lost and others
// spoilt; the tables become what they were by the command of the guide, and the
// imports that were applied since are applied again from their own files. The
// emulator makes a copy of now alone, so the copies are made at the moment that is
// restored.
func TestRestoring(t *testing.T) {
	c := as(t, "operator@aurora.example")
	ns := c.numbers(12)
	file := func(note string, ns []string) []byte {
		return []byte("Contact,[new] NOTE\n#" + strings.Join(ns, ","+note+"\n#") + "," + note + "\n")
	}
	update := func(note string, ns []string) imported {
		t.Helper()
		got := c.run(domain.Criteria, domain.Update, file(note, ns))
		if got.Status != domain.Done || got.Counts.Updated != len(ns) {
			t.Fatalf("%s: %+v", note, got)
		}
		return got
	}
	notes := func() (out []string) {
		t.Helper()
		for _, n := range ns {
			var contact struct {
				Criteria map[string]any `json:"criteria"`
			}
			a := c.do("GET", "/api/contacts/"+n, nil)
			if a.status == http.StatusNotFound {
				out = append(out, "lost")
				continue
			}
			if err := json.Unmarshal(a.body, &contact); err != nil {
				t.Fatalf("%d %s", a.status, a.body)
			}
			out = append(out, fmt.Sprint(contact.Criteria["NOTE"]))
		}
		return out
	}
	same := func(what string, want ...string) {
		t.Helper()
		if got := notes(); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	words := func(word string, n int) []string { return strings.Fields(strings.Repeat(word+" ", n)) }
	update("before", ns)

	db := dynamodb.NewFromConfig(stack.Config())
	for _, name := range []string{stack.Tables.Contacts, stack.Tables.Emails, stack.Tables.History} {
		if _, err := db.RestoreTableToPointInTime(t.Context(), &dynamodb.RestoreTableToPointInTimeInput{SourceTableName: &name, TargetTableName: aws.String(name + "-rehearsal"), UseLatestRestorableTime: aws.Bool(true)}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(name + "-rehearsal")})
		})
	}
	after := update("after", ns[:5])
	update("wrong", ns[9:])
	pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: &stack.Tables.Contacts, ProjectionExpression: aws.String("pk, sk")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range page.Items {
			sk := key["sk"].(*types.AttributeValueMemberS).Value
			if sk != ns[6] && sk != ns[7] || !strings.HasPrefix(key["pk"].(*types.AttributeValueMemberS).Value, "aurora#") {
				continue
			}
			if _, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &stack.Tables.Contacts, Key: key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	same("what went wrong", append(append(append(words("after", 5), "before"), words("lost", 2)...), "before", "wrong", "wrong", "wrong")...)

	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	restore := exec.Command(filepath.Join(root, ".ci", "deploy"), "restore", "--yes", "--stack=rollbook", "--copies=-rehearsal")
	restore.Env = emulator.Environment(stack.Endpoint)
	out, err := restore.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), stack.Tables.Contacts+": ") || !strings.Contains(string(out), " 10 put back, 0 deleted") {
		t.Errorf("it says %s", out)
	}
	same("restored", words("before", 12)...)

	// What was applied since, again, from its own file.
	test := c.run(domain.Criteria, domain.Test, c.download("/api/imports/"+after.ID+"/files/original"))
	if test.Counts.Updated != 5 {
		t.Errorf("%+v", test.Counts)
	}
	if got := c.follow(test.ID, "update"); got.Counts.Updated != 5 {
		t.Errorf("%+v", got.Counts)
	}
	same("applied again", append(words("after", 5), words("before", 7)...)...)
}

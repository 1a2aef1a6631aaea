package endtoend_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The emulator decides about each call of each function by the policies of its
// role, as the service does, and notes what it decided: what a function may not do
// fails a test, and what none of them does is a right too many. These are used
// where no test goes through a deployed stack.
var rarelyUsed = map[string]string{
	"logs:":                             "the platform writes the log",
	"sqs:SendMessage":                   "the platform keeps what failed",
	"dynamodb:DescribeStream":           "the platform reads the stream",
	"dynamodb:GetRecords":               "the platform reads the stream",
	"dynamodb:GetShardIterator":         "the platform reads the stream",
	"dynamodb:ListStreams":              "the platform reads the stream",
	"s3:ListBucket":                     "what is missing is then 404, and not 403; no call needs it",
	"s3:ListBucketVersions":             "the same of a version",
	"s3:AbortMultipartUpload":           "an upload that broke off",
	"Api cognito-idp:AdminEnableUser":   "somebody is let in again",
	"Api cognito-idp:AdminGetUser":      "somebody is invited twice",
	"Api dynamodb:BatchWriteItem":       "the history of a contact that is erased",
	"Finish dynamodb:BatchGetItem":      "the rows that a broken chunk left, and those that an undo left",
	"Finish dynamodb:PartiQLSelect":     "the same, of rows found by their address",
	"Finish dynamodb:PartiQLInsert":     "the same, of rows in doubt that are burnt",
	"Finish dynamodb:PartiQLUpdate":     "the same",
	"Plan dynamodb:PartiQLSelect":       "contacts that a column of addresses may mean",
	"Reconcile dynamodb:BatchWriteItem": "a deleted contact is erased after its seven days",
	"Reconcile dynamodb:DeleteItem":     "the same",
	"Reconcile dynamodb:UpdateItem":     "a job that was left open",
	"Reconcile lambda:InvokeFunction":   "the end of an import that broke off, a template that was never made",
	"Template dynamodb:BatchGetItem":    "contacts that changed since a time",
	"Template dynamodb:UpdateItem":      "the same",
}

var rolesFunction = regexp.MustCompile(`-(\w+)FunctionRole-`)

// unusedRights reads what the emulator noted and returns the rights of functions
// that were not used, as "Api dynamodb:Query".
func unusedRights(file string) ([]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	has, uses := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(b)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		role, action, _ := strings.Cut(rest, " ")
		function := rolesFunction.FindStringSubmatch(role)
		if function == nil {
			continue
		}
		if right := function[1] + " " + action; word == "has" {
			has[right] = true
		} else {
			uses[right] = true
		}
	}
	var out []string
	for right := range has {
		_, action, _ := strings.Cut(right, " ")
		service, _, _ := strings.Cut(action, ":")
		if !uses[right] && rarelyUsed[right] == "" && rarelyUsed[action] == "" && rarelyUsed[service+":"] == "" {
			out = append(out, right)
		}
	}
	slices.Sort(out)
	return out, nil
}

func TestUnusedRights(t *testing.T) {
	file := t.TempDir() + "/rights"
	if err := os.WriteFile(file, []byte("has rollbook-ApiFunctionRole-1 dynamodb:Query\nhas rollbook-ApiFunctionRole-1 dynamodb:Scan\n"+
		"uses rollbook-ApiFunctionRole-1 dynamodb:Query\nhas rollbook-PlanFunctionRole-2 logs:PutLogEvents\nhas machine states:StartExecution\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := unusedRights(file); err != nil || !slices.Equal(got, []string{"Api dynamodb:Scan"}) {
		t.Errorf("%v, %v", got, err)
	}
}

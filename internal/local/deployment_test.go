package local_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/documents"
	"rollbook/internal/testing/needs"
)

// emulated is an empty emulated account, and a copy of the sources that is deployed
// to it as the documents say.
type emulated struct {
	t        *testing.T
	endpoint string
	dir      string
	env      []string
}

func newEmulated(t *testing.T) *emulated {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulator.Start(t.Context(), emulator.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	// Another folder, so that what people have built in theirs stays; with a blank.
	dir := filepath.Join(t.TempDir(), "the sources")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".ci", "functions", "internal", "Makefile", "go.mod", "go.sum", "template.yaml", "samconfig.toml", "events"} {
		if out, err := exec.Command("cp", "-R", filepath.Join(root, name), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.Symlink(filepath.Join(root, ".local"), filepath.Join(dir, ".local")); err != nil {
		t.Fatal(err)
	}
	// The AWS CLI as people call it. Its own script names its Python by path, and
	// its first version looks for SQS elsewhere than the environment says.
	bin := t.TempDir()
	cli := fmt.Sprintf("#!/bin/sh\nexec '%s' -m awscli --endpoint-url '%s' \"$@\"\n", filepath.Join(root, ".local", "client", "bin", "python"), e.Endpoint)
	if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(cli), 0o755); err != nil {
		t.Fatal(err)
	}
	env := append(emulator.Environment(e.Endpoint), "PATH="+bin+":"+os.Getenv("PATH"), "MAKEFLAGS=", "MAKELEVEL=")
	return &emulated{t, e.Endpoint, dir, env}
}

// command is what somebody pastes.
func (a *emulated) command(script string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(a.t.Context(), needs.Program(a.t, "shell", "bash"), "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = a.dir, append(a.env, env...)
	return cmd
}

// shell runs what somebody pastes, and returns all it says.
func (a *emulated) shell(script string, env ...string) (string, error) {
	out, err := a.command(script, env...).CombinedOutput()
	return string(out), err
}

// answering runs what somebody pastes who answers what it asks: with what is there
// already, but for the last question, whether to deploy, which waits for ready.
func (a *emulated) answering(script string, ready func()) (string, error) {
	a.t.Helper()
	cmd := a.command(script)
	answers, err := cmd.StdinPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	go func() { write.CloseWithError(cmp.Or(cmd.Wait(), io.EOF)) }()
	var said strings.Builder
	for buf := make([]byte, 4096); ; {
		n, err := read.Read(buf)
		said.Write(buf[:n])
		if question := said.String(); n > 0 && strings.HasSuffix(question, "]: ") {
			answer := "\n"
			if strings.HasSuffix(question, "Deploy this? [no]: ") {
				ready()
				answer = "yes\n"
			}
			if _, err := io.WriteString(answers, answer); err != nil {
				a.t.Fatalf("%v: %s", err, question)
			}
		}
		if errors.Is(err, io.EOF) {
			return said.String(), nil
		}
		if err != nil {
			return said.String(), err
		}
	}
}

// must runs what a test needs besides, and returns what it says without blanks
// around it.
func (a *emulated) must(script string) string {
	a.t.Helper()
	out, err := a.shell(script)
	if err != nil {
		a.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return strings.TrimSpace(out)
}

// outputs are the deployed stack's.
func (a *emulated) outputs() map[string]string {
	var pairs [][2]string
	if err := json.Unmarshal([]byte(a.must("aws cloudformation describe-stacks --stack-name rollbook --query 'Stacks[0].Outputs[].[OutputKey, OutputValue]'")), &pairs); err != nil {
		a.t.Fatal(err)
	}
	outputs := map[string]string{}
	for _, pair := range pairs {
		outputs[pair[0]] = pair[1]
	}
	return outputs
}

// documented returns the first command of the README with this in it.
func documented(t *testing.T, part string) string {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range documents.Commands(string(b)) {
		if strings.Contains(c.Text, part) {
			return strings.TrimSpace(c.Text)
		}
	}
	t.Fatalf("the README has no command with %s", part)
	return ""
}

// importOnAndOn imports lists of new contacts, three at a time, until the function
// that it returns is called, which waits for the ends and sees that each list is in
// whole, and that at least one was on its way when the stack changed.
func (a *emulated) importOnAndOn(screen, token string) func() {
	// Three at once, each longer than it takes to see that one has ended: whenever the
	// stack changes, one is on its way.
	const rows = 1000
	a.must("rm -f enough ids")
	script := fmt.Sprintf(`
# While it takes new code for a function, the emulator answers 502, which Lambda does not.
api() { curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"; }
sure() { for i in $(seq 60); do api "$@" > answer.json 2> said && cat answer.json && return; sleep 0.5; done; cat said answer.json; exit 9; }
ended() { for i in $(seq 600); do sure "$URL/api/imports/$1" | jq -e '.status | IN("waiting", "checking", "queued", "running") | not' > /dev/null && return; sleep 0.3; done; sure "$URL/api/imports/$1"; exit 9; }
n=0
until [ -e enough ]; do
	n=$((n+1))
	{ echo Email,Last name; for i in $(seq %d); do echo "guest.$n.$i@example.org,Guest $i"; done; } > list.csv
	api "$URL/api/imports" --json '{"dataType":"contacts","action":"update","fileName":"list.csv"}' > import.json 2> said || { sleep 1; continue; }
	jq -r '.upload.fields | to_entries[] | "form-string = \"" + .key + "=" + .value + "\""' import.json > form
	curl -sS --fail-with-body -K form -F file=@list.csv "$(jq -r .upload.url import.json)"
	jq -r .id import.json >> ids
	k=$(wc -l < ids)
	[ $k -lt 3 ] || ended $(sed -n "$((k-2))p" ids)
done
for id in $(cat ids); do
	ended $id
	resumed=0
	while [ $resumed -lt 3 ] && sure "$URL/api/imports/$id" | jq -e '.counts.unprocessed > 0' > /dev/null; do
		resumed=$((resumed+1))
		sure -X POST "$URL/api/imports/$id/resume" > /dev/null
		ended $id
	done
	sure "$URL/api/imports/$id" | jq -c "{resumed: $resumed, status, counts, createdAt, finishedAt}"
done`, rows)
	type result struct {
		out string
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := a.shell(script, "URL="+screen, "TOKEN="+token)
		done <- result{out, err}
	}()
	// It is on its way before the stack changes.
	for {
		if b, err := os.ReadFile(filepath.Join(a.dir, "ids")); err == nil && bytes.Count(b, []byte("\n")) >= 3 {
			break
		}
		select {
		case r := <-done:
			a.t.Fatalf("%v: %s", r.err, r.out)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return func() {
		a.t.Helper()
		changed, err := time.Parse(time.RFC3339, a.must("aws cloudformation describe-stacks --stack-name rollbook --output text --query 'Stacks[0].LastUpdatedTime'"))
		if err != nil {
			a.t.Fatal(err)
		}
		a.must("touch enough")
		r := <-done
		if r.err != nil {
			a.t.Fatalf("%v: %s", r.err, r.out)
		}
		across, resumed := 0, 0
		for line := range strings.Lines(r.out) {
			if strings.HasPrefix(line, "curl: ") {
				continue // of an answer 502, after which the script asks again
			}
			var i struct {
				Resumed               int
				Status                domain.Status
				Counts                domain.Counts
				CreatedAt, FinishedAt time.Time
			}
			if err := json.Unmarshal([]byte(line), &i); err != nil {
				a.t.Fatalf("%v: %s", err, line)
			}
			if want := (domain.Counts{Rows: rows, Created: rows}); i.Status != domain.Done || i.Counts != want {
				a.t.Errorf("an import that went on while the stack changed: %s", line)
			}
			if i.CreatedAt.Before(changed) && i.FinishedAt.After(changed) {
				across++
			}
			resumed += i.Resumed
		}
		if across == 0 {
			a.t.Errorf("no import was on its way at %v: %s", changed, r.out)
		}
		a.t.Logf("%d imports were on their way when the stack changed; %d resumptions", across, resumed)
		a.must("make lookups")
	}
}

// doctored sees that the doctor finds what is wrong, and nothing once that is put
// right.
func (a *emulated) doctored(outputs map[string]string) {
	a.t.Helper()
	// The emulator makes no backups of tables that a template asks for, so the
	// doctor has something to find.
	out, err := a.shell("make doctor")
	if err == nil || strings.Count(out, "WRONG") != 6 || strings.Count(out, "has no point-in-time recovery") != 6 {
		a.t.Errorf("the doctor finds %s", out)
	}
	for _, table := range []string{"Contacts", "Emails", "History", "Catalogue", "Jobs", "Audit"} {
		a.must("aws dynamodb update-continuous-backups --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --table-name " + outputs[table+"Table"])
	}
	if out, err = a.shell("make doctor"); err != nil || strings.Contains(out, "WRONG") {
		a.t.Errorf("the doctor finds %v: %s", err, out)
	}
}

// from names the sources of an earlier version, which is deployed first.
var from = flag.String("from", "", "folder with the sources of an earlier version to update from")

// From an empty account to a signed-in administrator, an update that alarms watch,
// and a failure that is handed in again: by the commands of the documents, word for
// word but for what an emulator needs to be told as well.
func TestDeployingAsDocumented(t *testing.T) {
	a := newEmulated(t)
	deploy := strings.TrimSuffix(documented(t, `make deploy ARGS="--yes --admin `), `"`)
	processor := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	more := fmt.Sprintf(` --poll 0.1 --parameter Architecture=%s --parameter EmulatorUrl=%s --parameter PasswordAuth=true --parameter Mfa=OFF"`, processor, a.endpoint)
	built := ".aws-sam/build"
	if *from != "" {
		built = ".aws-sam/earlier"
		a.must("cd '" + *from + "' && GOFLAGS='-buildvcs=false -tags=lambda.norpc' CGO_ENABLED=0 '" + filepath.Join(a.dir, ".local/sam/bin/python") + "' -m samcli build --build-dir '" + filepath.Join(a.dir, built) + "' --parameter-overrides Architecture=" + processor + " MailFrom=a@b.example")
		more = " --built " + built + more
	}
	out, err := a.shell(deploy + more)
	if err != nil || !strings.Contains(out, "ann@example.org is invited to aurora") || !strings.Contains(out, "Add      ApiFunction (AWS::Lambda::Function)") {
		t.Fatalf("%v: %s", err, out)
	}

	outputs := a.outputs()

	if *from == "" {
		a.doctored(outputs)
	}

	// The invitation's password is changed at the first sign-in.
	a.must("aws cognito-idp admin-set-user-password --permanent --username ann@example.org --password Curtain-up-1 --user-pool-id " + outputs["UserPoolId"])
	token := a.must("aws cognito-idp initiate-auth --auth-flow USER_PASSWORD_AUTH --auth-parameters USERNAME=ann@example.org,PASSWORD=Curtain-up-1 --output text --query AuthenticationResult.IdToken --client-id " + outputs["UserPoolClientId"])
	screen := strings.Replace(a.endpoint, "http://localhost", "http://"+outputs["ApiId"]+".execute-api.localhost", 1)
	_, settings, _ := strings.Cut(documented(t, "/api/settings"), "curl -X PUT")
	out, err = a.shell("curl() { command curl -sS --fail-with-body \"$@\"; }\n"+"curl -X PUT"+settings+"\ncurl -H \"Authorization: Bearer $TOKEN\" $URL/api/me", "URL="+screen, "TOKEN="+token)
	if err != nil || !strings.Contains(out, `"name":"Aurora Theatre"`) || !strings.Contains(out, `"groups":["admin"]`) {
		t.Fatalf("%v: %s", err, out)
	}

	// An update is watched by the alarms that are off; one that is on says nothing.
	on := a.must("aws cloudformation describe-stack-resource --stack-name rollbook --logical-resource-id StartAlarm --output text --query StackResourceDetail.PhysicalResourceId")
	a.must("aws cloudwatch set-alarm-state --state-value ALARM --state-reason test --alarm-name " + on)
	if *from != "" {
		built = ".aws-sam/build"
		a.must(".local/sam/bin/python -m samcli build --parameter-overrides Architecture=" + processor + " MailFrom=a@b.example")
	}
	// Every function changes: its settings at least, or its code where an earlier
	// version was deployed first.
	a.must(`sed -i.before 's/ApplicationLogLevel: INFO/ApplicationLogLevel: DEBUG/' "` + built + `/template.yaml"`)
	var importing func()
	out, err = a.answering(`make deploy ARGS="--built `+built+` --poll 0.1 --parameter TokenMinutes=30"`, func() { importing = a.importOnAndOn(screen, token) })
	if err != nil || !strings.Contains(out, "the alarm "+on+" is on already") || strings.Contains(out, "IS REPLACED") && *from == "" ||
		!strings.Contains(out, "takes the update back if one of 4 alarms goes off until 10 minutes after it") && *from == "" {
		t.Errorf("%v: %s", err, out)
	}
	for _, function := range []string{"Api", "Template", "Start", "Plan", "Chunk", "Finish", "Reconcile", "Announce"} {
		if *from == "" && !strings.Contains(out, "Modify   "+function+"Function") {
			t.Errorf("%s is not changed: %s", function, out)
		}
	}
	if importing == nil {
		t.Fatal("it does not ask before it deploys")
	}
	importing()
	if *from != "" {
		outputs = a.outputs()
		a.doctored(outputs)
	}

	// What start failed on is handed in again.
	event, err := os.ReadFile(filepath.Join(a.dir, "events", "s3-uploaded.json"))
	if err != nil {
		t.Fatal(err)
	}
	record, err := json.Marshal(map[string]any{"version": "1.0", "requestContext": map[string]any{"condition": "RetriesExhausted"}, "requestPayload": json.RawMessage(event)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "record.json"), record, 0o644); err != nil {
		t.Fatal(err)
	}
	a.must("aws sqs send-message --message-body file://record.json --queue-url " + outputs["StartFailuresQueue"])
	if out, err = a.shell("make doctor"); err == nil || !strings.Contains(out, "1 failures wait") {
		t.Errorf("the doctor finds %v: %s", err, out)
	}
	var redriving strings.Builder
	for _, block := range documents.Blocks(t, "docs/operations.md", "Redriving") {
		redriving.WriteString(block.Text)
	}
	if out, err = a.shell(redriving.String()); err != nil || !strings.Contains(out, `"StatusCode": 202`) {
		t.Errorf("%v: %s", err, out)
	}
	if out, err = a.shell("make doctor"); err != nil {
		t.Errorf("the doctor finds %v: %s", err, out)
	}
}

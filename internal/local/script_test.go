package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rollbook/internal/local/emulator"
)

// What a deployment would fail of half an hour later is said before AWS is asked
// for anything.
func TestDeployingAsksForAGoodNameFirst(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ stack, region, want string }{
		{"Rollbook", "eu-central-1", "small letters"},
		{"-rollbook", "eu-central-1", "small letters"},
		{"roll--book", "eu-central-1", "small letters"},
		{"theatre-of-the-northern-coasts", "eu-central-1", "may have 29"}, // 30
		{"theatre-of-the-northern-coas", "ap-southeast-2", "may have 27"}, // 28
		{"aws-rollbook", "eu-central-1", "'aws'"},
		{"theatre-of-the-northern-coast", "eu-central-1", "AWS says"}, // 29: the next is the account
	} {
		cmd := exec.Command(filepath.Join(root, ".local", "sam", "bin", "python"), filepath.Join(root, ".ci", "deploy.py"), "deploy", "--yes", "--stack="+c.stack, "--region", c.region)
		cmd.Env = []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_MAX_ATTEMPTS=1"}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "Traceback") {
			t.Errorf("%s in %s: %v, %s; want %q", c.stack, c.region, err, out, c.want)
		}
	}
}

// A hidden parameter is told as asterisks, which must not become its value; one that
// is to be empty from now on becomes so.
func TestDeployingAgainKeepsHiddenParameters(t *testing.T) {
	out, err := withDeploy(t, `
import json
had = {"OriginSecret": "****", "OriginSecretToo": "****", "MailFrom": "a@b.example", "SenderIdentity": "address", "Architecture": "arm64", "WebAclArn": "arn:x", "AlarmEmail": "c@d.example"}
o = SimpleNamespace(parameter=["OriginSecretToo=new", "AlarmEmail="], yes=True)
now = {"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in had.items()]}
print(json.dumps(deploy.parameters_of(o, None, now)[0], sort_keys=True))
`)
	const want = `{"AlarmEmail": "", "Architecture": "arm64", "MailFrom": "a@b.example", "OriginSecretToo": "new", "SenderIdentity": "address", "WebAclArn": "arn:x"}`
	if err != nil || strings.TrimSpace(out) != want {
		t.Errorf("%v: %s; want %s", err, out, want)
	}
}

// What was mistyped is refused, and the domain that SES is to know is that of the
// sender of now.
func TestDeployingReadsWhatIsSaid(t *testing.T) {
	out, err := withDeploy(t, `
import json
had = {"MailFrom": "a@old.example", "SenderIdentity": "domain", "MailDomain": "old.example", "Architecture": "arm64"}
now = {"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in had.items()]}
for said in (["MailFrm=b@new.example"], ["MailFrom"], ["MailFrom=b@new.example"], ["MailFrom=b@news.old.example"], ["MailFrom=b@very-old.example"], ["MailFrom=b@new.example", "MailDomain=other.example"]):
    try:
        print(deploy.parameters_of(SimpleNamespace(parameter=said, yes=True), None, now)[0]["MailDomain"])
    except deploy.Wrong as e:
        print(str(e).split(";")[0])
deploy.deployed = lambda o: (SimpleNamespace(client=lambda name: None), {"ContactsTable": "c", "EmailsTable": "e", "HistoryTable": "h"})
try:
    deploy.restore(SimpleNamespace(at="yesterday", copies="", yes=True))
except (deploy.Wrong, ValueError) as e:
    print(e)
`)
	const want = `--parameter MailFrm=b@new.example: the template has no such parameter
--parameter MailFrom: the template has no such parameter
new.example
old.example
very-old.example
other.example
yesterday is no moment: 2026-11-29T10:00:00Z
`
	if err != nil || out != want {
		t.Errorf("%v: %s; want %s", err, out, want)
	}
}

// withDeploy runs Python that has the deployment's script as deploy, and returns what
// it prints.
func withDeploy(t *testing.T, script string) (string, error) {
	t.Helper()
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, ".local", "sam", "bin", "python"), "-c", `
import sys
from types import SimpleNamespace
sys.path.insert(0, ".ci")
sys.dont_write_bytecode = True
import deploy
`+script)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// CloudFormation watches the alarms during an update and takes it back when one
// goes off, which the emulator does not: the requests are checked against the
// service's model, and what is said of the answer.
func TestAnUpdateIsTakenBack(t *testing.T) {
	out, err := withDeploy(t, `
import datetime
import boto3
from botocore.stub import ANY, Stubber
session = boto3.Session(region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none")
formation, watch = session.client("cloudformation"), session.client("cloudwatch")
f, w = Stubber(formation), Stubber(watch)
alarm = lambda n: {"LogicalResourceId": n, "PhysicalResourceId": "rollbook-" + n, "ResourceType": "AWS::CloudWatch::Alarm", "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": 0}
arn = lambda n: "arn:aws:cloudwatch:eu-central-1:111111111111:alarm:rollbook-" + n
f.add_response("list_stack_resources", {"StackResourceSummaries": [alarm(n) for n in (*deploy.WATCHED, "TemplateAlarm")]})
assert len(deploy.WATCHED) <= 5
w.add_response("describe_alarms", {"MetricAlarms": [{"AlarmName": "rollbook-" + n, "AlarmArn": arn(n), "StateValue": "ALARM" if n == "StartAlarm" else "OK"} for n in deploy.WATCHED]},
               {"AlarmNames": sorted("rollbook-" + n for n in deploy.WATCHED)})
f.add_response("get_template_summary", {"Parameters": [{"ParameterKey": p} for p in ("MailFrom", "OriginSecret", "WarmWrites")]})
f.add_response("create_change_set", {"Id": "c"}, {
    "StackName": "rollbook", "ChangeSetName": ANY, "ChangeSetType": "UPDATE", "TemplateURL": "https://t", "Capabilities": ["CAPABILITY_IAM"],
    "Parameters": [{"ParameterKey": "MailFrom", "ParameterValue": "a@b.example"}, {"ParameterKey": "OriginSecret", "UsePreviousValue": True}],
    "RollbackConfiguration": {"RollbackTriggers": [{"Arn": arn(n), "Type": "AWS::CloudWatch::Alarm"} for n in deploy.WATCHED if n != "StartAlarm"], "MonitoringTimeInMinutes": 10}})
change = lambda name, replaced: {"Type": "Resource", "ResourceChange": {"Action": "Modify", "LogicalResourceId": name, "ResourceType": "AWS::X", "Replacement": replaced}}
f.add_response("describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": [change("PlanFunction", "Conditional")], "NextToken": "2"})
f.add_response("describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": [change("Api", "True")]})
f.add_response("execute_change_set", {})
stack = lambda status: {"Stacks": [{"StackName": "rollbook", "CreationTime": 0, "StackStatus": status}]}
for status in ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"):
    f.add_response("describe_stacks", stack(status))
event = lambda status, why, at: {"StackId": "s", "EventId": "e", "StackName": "rollbook", "LogicalResourceId": "rollbook", "ResourceStatus": status, "ResourceStatusReason": why, "Timestamp": datetime.datetime(at, 1, 1, tzinfo=datetime.UTC)}
f.add_response("describe_stack_events", {"StackEvents": [event("UPDATE_ROLLBACK_IN_PROGRESS", "Rollback trigger ApiAlarm went into ALARM", 2100), event("UPDATE_ROLLBACK_IN_PROGRESS", "last year", 2000)]})
f.activate(); w.activate()
session.client = {"cloudformation": formation, "cloudwatch": watch}.get
now = {"Parameters": [{"ParameterKey": "MailFrom"}, {"ParameterKey": "OriginSecret"}, {"ParameterKey": "GoneSince"}]}
try:
    deploy.put(session, SimpleNamespace(stack="rollbook", watch=10, yes=True, poll=0), now, "https://t", {"MailFrom": "a@b.example", "GoneSince": "x"})
except deploy.Wrong as e:
    print("Wrong:", e)
f.assert_no_pending_responses(); w.assert_no_pending_responses()
`)
	const want = `Note: the alarm rollbook-StartAlarm is on already, so it cannot watch this deployment.
Modify   PlanFunction (AWS::X) may be replaced
Modify   Api (AWS::X) IS REPLACED
CloudFormation takes the update back if one of 4 alarms goes off until 10 minutes after it.
rollbook: Rollback trigger ApiAlarm went into ALARM
Wrong: the stack is UPDATE_ROLLBACK_COMPLETE; why is above. The version of before serves
`
	if err != nil || out != want {
		t.Errorf("%v: %s; want %s", err, out, want)
	}
}

// Whoever lacks something is told the command that gets it where they are.
func TestWhatIsMissingIsSaid(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	for manager, want := range map[string]string{
		"apt-get": "sudo apt-get install -y --no-install-recommends python3 python3-venv chromium-headless-shell libreoffice-calc-nogui curl jq unzip",
		"dnf":     "sudo dnf install python3 chromium-headless libreoffice-calc curl jq unzip",
		"apk":     "sudo apk add python3 chromium libreoffice-calc curl jq unzip",
		"brew":    "brew install python chromium libreoffice curl jq unzip",
		"none":    "",
	} {
		bin := t.TempDir()
		for _, name := range []string{"bash", "sed", "sort", "head", "cut", "dirname", "go"} {
			path, err := exec.LookPath(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
				t.Fatal(err)
			}
		}
		// Nobody is root here, who would get it.
		for name, script := range map[string]string{manager: "", "id": "echo 1000"} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(filepath.Join(bin, "bash"), filepath.Join(root, ".ci", "tools"), "browser", "office", "shell")
		cmd.Env = append(os.Environ(), "PATH="+bin)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "Chromium is missing.\n") || !strings.Contains(string(out), `make test WITHOUT="browser office shell"`) {
			t.Errorf("with %s: %v, %s", manager, err, out)
		}
		if got := strings.Contains(string(out), "Get it with: "+want+"\n"); got != (want != "") || want == "" && strings.Contains(string(out), "Get it") {
			t.Errorf("with %s it says %s", manager, out)
		}
	}
}

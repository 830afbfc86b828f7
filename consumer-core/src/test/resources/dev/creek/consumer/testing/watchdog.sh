# Ends the servers of a JVM and removes their folders when that JVM is gone, even by SIGKILL. The JVM holds the other
# end of standard input and never writes more than lines; the end of the input is the end of the JVM. (A parent-death
# signal would not do: it is sent when the *thread* that started the server ends, and tests start them on pool threads.)
#
#   watch PID      the process is to be ended
#   forget PID     it has ended
#   folder PATH    the folder is to be removed

# Control-C reaches the whole process group; this process must outlive the JVM by a moment.
trap '' HUP INT TERM

newline='
'
pids=''
folders=''
while read -r what value; do
    case $what in
    watch) pids="$pids $value" ;;
    forget)
        left=''
        for pid in $pids; do
            [ "$pid" = "$value" ] || left="$left $pid"
        done
        pids=$left
        ;;
    folder) folders="$folders$value$newline" ;;
    esac
done

# SIGQUIT lets PostgreSQL drop its shared memory, without a checkpoint that nobody needs.
for pid in $pids; do kill -QUIT "$pid"; done
tries=0
while [ "$tries" -lt 30 ]; do
    alive=''
    for pid in $pids; do kill -0 "$pid" && alive=1; done
    [ -z "$alive" ] && break
    sleep 0.1
    tries=$((tries + 1))
done
for pid in $pids; do kill -KILL "$pid"; done

printf '%s' "$folders" | while IFS= read -r folder; do
    rm -rf "$folder"
done

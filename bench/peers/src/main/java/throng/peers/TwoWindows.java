package throng.peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The windows of Throng's `broker-two-windows` in Kafka Streams: one minute tumbling and five minutes hopping by one, by district. Ends when
 * so many readings have gone through both and nothing has come for three seconds; prints one JSON object.
 *
 * <p>Arguments: BROKERS TOPIC READINGS APPLICATION_ID
 */
public final class TwoWindows {
  private static final Duration GRACE = Duration.ofSeconds(5);

  public static void main(String[] args) throws InterruptedException {
    long wanted = Long.parseLong(args[2]);
    long begun = System.nanoTime();
    LongAdder taken = new LongAdder();
    LongAdder results = new LongAdder();

    StreamsBuilder builder = new StreamsBuilder();
    KGroupedStream<String, Reading> byDistrict =
        builder
            .stream(args[1], Consumed.with(Serdes.ByteArray(), json()).withTimestampExtractor(new Reading.Time()))
            .filter((key, reading) -> {
              taken.increment();
              return reading != null;
            })
            .groupBy((key, reading) -> reading.district, Grouped.with(Serdes.String(), Reading.serde()));
    for (TimeWindows windows :
        new TimeWindows[] {
          TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), GRACE),
          TimeWindows.ofSizeAndGrace(Duration.ofMinutes(5), GRACE).advanceBy(Duration.ofMinutes(1))
        }) {
      byDistrict
          .windowedBy(windows)
          .aggregate(
              Climate::new,
              (district, reading, climate) -> {
                results.increment();
                return climate.add(reading);
              },
              Materialized.<String, Climate, WindowStore<Bytes, byte[]>>as("w" + windows.size())
                  .withKeySerde(Serdes.String())
                  .withValueSerde(Climate.serde())
                  .withStoreType(Materialized.StoreType.IN_MEMORY)
                  .withRetention(Duration.ofMinutes(10)));
    }

    Properties properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 5_000);
    properties.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    properties.put(StreamsConfig.producerPrefix("linger.ms"), 20);
    properties.put(StreamsConfig.producerPrefix("batch.size"), 262_144);
    properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.start();

    long last = -1;
    long quietSince = System.nanoTime();
    while (taken.sum() < wanted || System.nanoTime() - quietSince < 3_000_000_000L) {
      Thread.sleep(100);
      long now = taken.sum() + results.sum();
      if (now != last) {
        last = now;
        quietSince = System.nanoTime();
      } else if (System.nanoTime() - quietSince > 120_000_000_000L) {
        break; // nothing comes any more
      }
    }
    double wall = (quietSince - begun) / 1e9;
    double cpu = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    System.out.printf(
        "{\"consumed\": %d, \"updates\": %d, \"wall_seconds\": %.2f, \"cpu_seconds\": %.2f}%n",
        taken.sum(), results.sum(), wall, cpu);
    streams.close(Duration.ofSeconds(10));
  }

  private static org.apache.kafka.common.serialization.Serde<Reading> json() {
    return Serdes.serdeFrom(
        (topic, x) -> {
          throw new UnsupportedOperationException();
        },
        (topic, bytes) -> bytes == null ? null : Reading.parse(bytes));
  }
}

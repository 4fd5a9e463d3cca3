import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.CoreSymbolSpecification;
import exchange.core2.core.common.MatcherEventType;
import exchange.core2.core.common.MatcherTradeEvent;
import exchange.core2.core.common.OrderAction;
import exchange.core2.core.common.OrderType;
import exchange.core2.core.common.SymbolType;
import exchange.core2.core.common.cmd.CommandResultCode;
import exchange.core2.core.common.cmd.OrderCommand;
import exchange.core2.core.common.cmd.OrderCommandType;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.IOrderBook;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import exchange.core2.core.orderbook.OrderBookEventsHelper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.HashMap;

/** exchange-core's direct order book on the messages of a file; the protocol and the file are those of src/matching/process.rs. */
public final class Driver {
    private static final int RECORD = 24;
    private static final int NEW = 0;
    private static final long UID = 1;

    private final ByteBuffer messages;
    private long trades;
    private long shares;

    private Driver(ByteBuffer messages) {
        this.messages = messages;
    }

    public static void main(String[] args) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        Driver driver = new Driver(ByteBuffer.allocate(0));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.startsWith("load ")) {
                byte[] bytes = Files.readAllBytes(Paths.get(line.substring("load ".length())));
                driver = new Driver(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
                System.out.println("loaded");
            } else {
                long nanoseconds = driver.run();
                System.out.printf("{\"ns\":%d,\"trades\":%d,\"shares\":%d}%n", nanoseconds, driver.trades, driver.shares);
            }
            System.out.flush();
        }
    }

    /** Nanoseconds of one run over a fresh book. The pools are as large as the library makes them for its own tests. */
    private long run() {
        CoreSymbolSpecification symbol = CoreSymbolSpecification.builder()
            .symbolId(1).type(SymbolType.CURRENCY_EXCHANGE_PAIR).baseCurrency(1).quoteCurrency(2).baseScaleK(1).quoteScaleK(1).build();
        HashMap<Integer, Integer> pools = new HashMap<>();
        pools.put(ObjectsPool.DIRECT_ORDER, 1 << 20);
        pools.put(ObjectsPool.DIRECT_BUCKET, 1 << 16);
        pools.put(ObjectsPool.ART_NODE_4, 1 << 15);
        pools.put(ObjectsPool.ART_NODE_16, 1 << 14);
        pools.put(ObjectsPool.ART_NODE_48, 1 << 13);
        pools.put(ObjectsPool.ART_NODE_256, 1 << 12);
        IOrderBook book = new OrderBookDirectImpl(symbol, new ObjectsPool(pools), OrderBookEventsHelper.NON_POOLED_EVENTS_HELPER,
            LoggingConfiguration.DEFAULT);
        OrderCommand command = new OrderCommand();
        trades = 0;
        shares = 0;
        int end = messages.capacity();
        long start = System.nanoTime();
        for (int at = 0; at < end; at += RECORD) {
            apply(book, command, at);
        }
        return System.nanoTime() - start;
    }

    private void apply(IOrderBook book, OrderCommand command, int at) {
        command.orderId = messages.getLong(at);
        command.uid = UID;
        command.matcherEvent = null;
        // What a risk engine before the book would say.
        command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
        if (messages.get(at + 20) == NEW) {
            command.command = OrderCommandType.PLACE_ORDER;
            command.price = messages.getLong(at + 8);
            command.reserveBidPrice = command.price;
            command.size = messages.getInt(at + 16);
            command.action = messages.get(at + 21) == 0 ? OrderAction.BID : OrderAction.ASK;
            command.orderType = messages.get(at + 22) == 0 ? OrderType.GTC : OrderType.IOC;
        } else {
            command.command = OrderCommandType.CANCEL_ORDER;
        }
        IOrderBook.processCommand(book, command);
        for (MatcherTradeEvent event = command.matcherEvent; event != null; event = event.nextEvent) {
            if (event.eventType == MatcherEventType.TRADE) {
                trades++;
                shares += event.size;
            }
        }
    }
}
